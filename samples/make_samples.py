#!/usr/bin/env python3
"""Makes wikinews.jsonl and dirt.jsonl from a file of Wikinews articles.

Usage: make_samples.py ARTICLES.jsonl [OUTPUT_DIRECTORY]

Nothing here is random: every article, every change and every piece of dirt stands in the
tables below, so the same input gives the same bytes. A piece of dirt that no longer fits its
article stops the run.
"""

import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote

AUTHOR = "Wikinews contributors"
LICENCE = {"licence": "CC BY 2.5", "licence_url": "https://creativecommons.org/licenses/by/2.5/"}

# (source id, our id, section, tags, country code or None)
ARTICLES = [
    ("2019-001", "pelosi-speaker", "Politics", ["United States Congress", "Nancy Pelosi"], "US"),
    ("2019-002", "koszalin-escape-room", "Disasters", ["fire", "Koszalin"], "PL"),
    ("2019-009", "easter-island-water", "Science", ["archaeology", "Easter Island"], "CL"),
    ("2019-013", "lion-air-recorder", "Disasters", ["aviation", "Lion Air"], "ID"),
    ("2019-015", "mahan-air-ban", "Politics", ["sanctions", "Mahan Air"], "DE"),
    ("2019-023", "monarch-butterflies", "Environment", ["butterflies", "Mexico"], "MX"),
    ("2019-028", "walter-munk", "Obituaries", ["oceanography", "Walter Munk"], "US"),
    ("2019-031", "karol-bagh-fire", "Disasters", ["fire", "New Delhi"], "IN"),
    ("2019-036", "zebra-stripes", "Science", ["zoology", "zebras"], None),
    ("2019-039", "crew-dragon-docks", "Science", ["SpaceX", "NASA", "spaceflight"], "US"),
    ("2019-040", "manafort-sentence", "Crime and law", ["Paul Manafort"], "US"),
    ("2019-046", "facebook-records", "Technology", ["Facebook", "data leak"], None),
    ("2019-050", "ford-emissions", "Business", ["Ford", "emissions"], "US"),
    ("2019-053", "dinosaur-wings", "Science", ["dinosaurs", "Caudipteryx"], None),
    ("2019-059", "taiwan-marriage", "Politics", ["same-sex marriage"], "TW"),
    ("2019-060", "nickey-iyambo", "Obituaries", ["Nickey Iyambo"], "NA"),
    ("2019-069", "african-free-trade", "Business", ["African Union", "AfCFTA", "trade"], None),
    ("2019-071", "surigao-earthquake", "Disasters", ["earthquake"], "PH"),
    ("2019-076", "johnson-leader", "Politics", ["Boris Johnson", "Conservative Party"], "GB"),
    ("2019-083", "ebola-treatments", "Health", ["Ebola", "PALM trial"], "CD"),
    ("2019-088", "amazon-fires-g7", "Environment", ["Amazon", "G7"], "BR"),
    ("2019-089", "parliament-suspended", "Politics", ["Brexit", "prorogation"], "GB"),
    ("2019-098", "kilauea-phytoplankton", "Science", ["volcanoes", "phytoplankton"], "US"),
    ("2019-102", "akilisi-pohiva", "Obituaries", ["Akilisi Pohiva"], "TO"),
    ("2019-105", "exoplanet-water", "Science", ["astronomy", "K2-18b"], None),
    ("2019-109", "gold-toilet", "Crime and law", ["theft", "Maurizio Cattelan"], "GB"),
    ("2019-118", "jacques-chirac", "Obituaries", ["Jacques Chirac"], "FR"),
    ("2019-123", "warholm-hurdles", "Sport", ["athletics", "Karsten Warholm"], "QA"),
    ("2019-124", "hurricane-lorenzo", "Weather", ["Hurricane Lorenzo", "Azores"], None),
    ("2019-127", "opioid-doctor", "Crime and law", ["opioids"], "US"),
    ("2019-139", "alexei-leonov", "Obituaries", ["Alexei Leonov", "spaceflight"], "RU"),
    ("2019-140", "upside-down-rivers", "Science", ["Antarctica", "ice shelves"], "AQ"),
    ("2019-141", "kipchoge-marathon", "Sport", ["marathon", "Eliud Kipchoge"], "AT"),
    ("2019-142", "kosgei-marathon", "Sport", ["marathon", "Brigid Kosgei"], "US"),
    ("2019-151", "cuba-flights", "Politics", ["Cuba", "aviation"], "CU"),
    ("2019-158", "grayback-wreck", "Science", ["submarines", "World War II"], "JP"),
    ("2019-161", "power-plant-pollution", "Environment", ["air pollution"], "US"),
    ("2019-162", "hong-kong-councils", "Politics", ["elections", "Hong Kong"], "HK"),
    ("2019-165", "thunberg-time", "Environment", ["Greta Thunberg", "Time"], None),
    ("2020-005", "eastmed-pipeline", "Business", ["EastMed", "natural gas"], "GR"),
    ("2020-010", "puerto-rico-quake", "Disasters", ["earthquake"], "PR"),
    ("2020-012", "coronavirus-estimate", "Health", ["coronavirus", "Wuhan"], "CN"),
    ("2020-014", "kobe-bryant", "Obituaries", ["Kobe Bryant", "basketball"], "US"),
    ("2020-017", "new-hampshire-primaries", "Politics", ["primaries", "New Hampshire"], "US"),
    ("2020-024", "hosni-mubarak", "Obituaries", ["Hosni Mubarak"], "EG"),
    ("2020-032", "richard-guy", "Obituaries", ["mathematics", "Richard K. Guy"], "CA"),
    ("2020-033", "nba-suspends-season", "Sport", ["NBA", "COVID-19"], "US"),
    ("2020-034", "toilet-paper-limits", "Business", ["supermarkets", "COVID-19"], "AU"),
    ("2020-037", "montana-ballot-law", "Politics", ["voting", "Montana"], "US"),
    ("2020-042", "one-million-infections", "Health", ["COVID-19"], None),
    ("2020-046", "john-conway", "Obituaries", ["mathematics", "John Horton Conway"], "US"),
    ("2020-052", "abs-cbn-shutdown", "Politics", ["ABS-CBN", "broadcasting"], "PH"),
    ("2020-053", "kelly-v-united-states", "Crime and law", ["Supreme Court"], "US"),
    ("2020-056", "basilashvili-arrest", "Sport", ["tennis", "Nikoloz Basilashvili"], "GE"),
    ("2020-058", "first-crewed-dragon", "Science", ["SpaceX", "NASA", "spaceflight"], "US"),
    ("2020-061", "face-coverings", "Health", ["COVID-19", "public transport"], "GB"),
    ("2020-068", "tesco-poland", "Business", ["Tesco", "Salling Group"], "PL"),
    ("2020-075", "kamloops-fentanyl", "Health", ["opioids", "Kamloops"], "CA"),
    ("2020-077", "serbian-protests", "Politics", ["protests", "Belgrade"], "RS"),
    ("2020-089", "pranab-mukherjee", "Obituaries", ["Pranab Mukherjee"], "IN"),
    ("2020-095", "eddie-van-halen", "Obituaries", ["music", "Eddie Van Halen"], "US"),
    ("2020-120", "matovic-covid", "Politics", ["COVID-19", "Igor Matovič"], "SK"),
    ("2020-122", "antarctica-covid", "Health", ["COVID-19", "Antarctica"], "AQ"),
]

# Slips of the source, put right so that an untouched article is a clean one: (our id, as it was, as it is here).
REPAIRS = [
    ("african-free-trade", "better intregrate African", "better integrate African"),
    ("akilisi-pohiva", "was also changed with sedition", "was also charged with sedition"),
    ("gold-toilet", "Another man, who was was arrested", "Another man, who was arrested"),
    ("jacques-chirac", "In 1995, Chriac was elected", "In 1995, Chirac was elected"),
    ("tesco-poland", "to be payed in cash", "to be paid in cash"),
]

# Articles whose paragraphs come as HTML: (before, after) each paragraph.
MARKED_UP = {
    "koszalin-escape-room": ("<p>", "</p>\n"),
    "karol-bagh-fire": ("<P CLASS=story>", "</P>\n"),
    "toilet-paper-limits": ("<p>", "</p>\n"),
    "kobe-bryant": ("", "<br><br>"),
}

CRLF = {"puerto-rico-quake"}

# How often the article's UTF-8 was read as windows-1252; (times, also the title).
MOJIBAKE = {
    "exoplanet-water": (1, False),
    "tesco-poland": (1, False),
    "face-coverings": (1, False),
    "kilauea-phytoplankton": (1, True),
    "amazon-fires-g7": (2, False),
}

PIXEL = '<img src="https://stats.example/p.gif?d=1&amp;u=2" width="1" height="1" alt="">'
SCRIPT = """<script type="text/javascript">
  if (window.ads < 2 && slots.length > 0) { document.write('<div id="ad"></div>'); }
</script>"""
FRAME = (
    '<div class="embed"><iframe src="https://video.example/embed/7?a=1&amp;b=2" width="560"'
    ' height="315" allowfullscreen>Your browser shows no frames.</iframe></div>'
)

# (our id, kind, dirty, clean[, where it goes: the text it replaces, if that is not `clean`]).
# Where `dirty` already stands in the text (marked up or CRLF articles) it is only recorded.
DIRT = [
    ("koszalin-escape-room", "html", "nation's escape rooms.</p>\n<p>Escape rooms see participants",
     "nation's escape rooms.\nEscape rooms see participants"),
    ("koszalin-escape-room", "html", "espe<em>cially</em> patronised by teens", "especially patronised by teens"),
    ("koszalin-escape-room", "html", "Joachim Brudzi&#324;ski wrote he had", "Joachim Brudziński wrote he had"),
    ("koszalin-escape-room", "html", "reportedly over&nbsp;1,000 in Poland", "reportedly over 1,000 in Poland"),
    ("koszalin-escape-room", "html", f'with "severe burns". {PIXEL}Police press officer',
     'with "severe burns". Police press officer'),

    ("mahan-air-ban", "typo", "The United States goverment claims Mahan", "The United States government claims Mahan"),
    ("mahan-air-ban", "typo", "Siemens have annouced plans to pull out", "Siemens have announced plans to pull out"),
    ("mahan-air-ban", "spacing", "France, and Italy.It was founded in 1992", "France, and Italy. It was founded in 1992"),

    ("monarch-butterflies", "whitespace", "Endangered Species Act protec\u200btions from the United",
     "Endangered Species Act protections from the United"),
    ("monarch-butterflies", "whitespace", "relatively cool tempera\u00adtures in the insects'",
     "relatively cool temperatures in the insects'"),
    ("monarch-butterflies", "whitespace", "as large as 21\u00a0hectares in the 1990s", "as large as 21 hectares in the 1990s"),
    ("monarch-butterflies", "whitespace", "include habitat loss,\tloss of milkweed", "include habitat loss, loss of milkweed"),

    ("walter-munk", "typo", "was an early scientifc adopter of scuba", "was an early scientific adopter of scuba"),
    ("walter-munk", "typo", "to counter military submarnies", "to counter military submarines"),
    ("walter-munk", "whitespace", "died of   pneumonia in La\u00a0Jolla", "died of pneumonia in La Jolla"),

    ("karol-bagh-fire", "html", "some of whom were hospitalised. </P>\n<P CLASS=story>Many of the affected",
     "some of whom were hospitalised.\nMany of the affected"),
    ("karol-bagh-fire", "html", "this shows care<b>less</b>ness on the part", "this shows carelessness on the part"),
    ("karol-bagh-fire", "html", "according to officials<!-- slot: mid > 300x250 -->, some of whom",
     "according to officials, some of whom"),
    ("karol-bagh-fire", "typo", "No cause was immediatly known", "No cause was immediately known"),

    ("crew-dragon-docks", "html",
     "via a <a href='/wiki/Falcon_9' title=\"Falcon 9 > first stage\" rel=nofollow>Falcon 9</a> rocket from the Kennedy",
     "via a Falcon 9 rocket from the Kennedy"),
    ("crew-dragon-docks", "html", "character in the film <em>Alien</em>.", "character in the film Alien."),
    ("crew-dragon-docks", "html", "currently valued at US$4.2&nbsp;billion.", "currently valued at US$4.2 billion."),
    ("crew-dragon-docks", "typo", "Crew Dragon capsule succesfully docked with", "Crew Dragon capsule successfully docked with"),

    ("manafort-sentence", "whitespace", "amount of US$6.16 million. \t \n\n\n\n\n\n\nManafort's charges involved",
     "amount of US$6.16 million.\n\nManafort's charges involved", "amount of US$6.16 million.\n\n\nManafort's charges involved"),
    ("manafort-sentence", "whitespace", "to Manafort's lobbying business.\u2028\u2028In 2018, while preparing",
     "to Manafort's lobbying business.\n\nIn 2018, while preparing",
     "to Manafort's lobbying business. \n\n\nIn 2018, while preparing"),
    ("manafort-sentence", "whitespace", "an inspiring plea for lenienc\u200by", "an inspiring plea for leniency"),
    ("manafort-sentence", "typo", "later, the judge in that case determind Manafort had", "later, the judge in that case determined Manafort had"),

    ("ford-emissions", "typo", "a criminal investigaton of Ford's internal", "a criminal investigation of Ford's internal"),
    ("ford-emissions", "typo", "a measurment of ordinary resistance factors", "a measurement of ordinary resistance factors"),
    ("ford-emissions", "typo", "in their filing teh matter", "in their filing the matter"),

    ("gold-toilet", "punctuation", 'so stupid to steal a toilet????" wrote Cattelan', 'so stupid to steal a toilet?" wrote Cattelan'),
    ("gold-toilet", "typo", "The toilet has not been recoverd", "The toilet has not been recovered"),

    ("warholm-hurdles", "html", f"London, United Kingdom. {SCRIPT}The World Athletics Championships are",
     "London, United Kingdom. The World Athletics Championships are"),
    ("warholm-hurdles", "html", 'finished the race in <span data-note="47.66 > 47.42">47.66</span> seconds',
     "finished the race in 47.66 seconds"),
    ("warholm-hurdles", "typo", "This was a succesful defense", "This was a successful defense"),

    ("opioid-doctor", "typo", "859 counts of illegaly distributing opioids", "859 counts of illegally distributing opioids"),
    ("opioid-doctor", "typo", "The judge reccomended mental health", "The judge recommended mental health"),
    ("opioid-doctor", "whitespace", "given a fine\u00a0of  US$86,000.", "given a fine of US$86,000."),
    ("opioid-doctor", "whitespace", "Prosecutors said\tSmithers gave out", "Prosecutors said Smithers gave out"),

    ("kipchoge-marathon", "punctuation", "came back to earth!!!! I am at", "came back to earth! I am at"),
    ("kipchoge-marathon", "spacing", "for a sanctioned race ,of 2 hours", "for a sanctioned race, of 2 hours"),
    ("kipchoge-marathon", "spacing", "the two hour barrier.Called the Ineos", "the two hour barrier. Called the Ineos"),

    ("cuba-flights", "html", "flying to <em>Cuba</em>", "flying to Cuba", None, "title"),
    ("cuba-flights", "html", "do not apply to Jos&eacute; Mart&iacute; International", "do not apply to José Martí International"),
    ("cuba-flights", "punctuation", 'We shall overcome!!!!!!"', 'We shall overcome!"'),
    ("cuba-flights", "typo", "as they both offer flihgts to Cuban", "as they both offer flights to Cuban"),

    ("power-plant-pollution", "typo", "that race was a signficant factor", "that race was a significant factor"),
    ("power-plant-pollution", "typo", "looked at emissions from diffrent types", "looked at emissions from different types"),
    ("power-plant-pollution", "typo", "civil and enviromental engineering professor", "civil and environmental engineering professor"),
    ("power-plant-pollution", "typo", "researchers adjusted thier data for", "researchers adjusted their data for"),

    ("hong-kong-councils", "control", "The turn\u0003out was about 71%", "The turnout was about 71%"),
    ("hong-kong-councils", "spacing", "dealing with pests,which in at least", "dealing with pests, which in at least"),
    ("hong-kong-councils", "spacing", "in Hong Kong since June.He noted", "in Hong Kong since June. He noted"),
    ("hong-kong-councils", "spacing", "Chinese judicial system , but the motivation", "Chinese judicial system, but the motivation"),

    ("eastmed-pipeline", "typo", "and actual constuction is in the hands", "and actual construction is in the hands"),
    ("eastmed-pipeline", "typo", "the main oppostion force, underlined", "the main opposition force, underlined"),
    ("eastmed-pipeline", "typo", "building effort unneccessary, Cyprus Mail", "building effort unnecessary, Cyprus Mail"),
    ("eastmed-pipeline", "typo", "which is reconized only by Turkey", "which is recognized only by Turkey"),
    ("eastmed-pipeline", "typo", "upon Greece’s soverign rights", "upon Greece’s sovereign rights"),

    ("puerto-rico-quake", "whitespace", "\ufeffOn Wednesday morning, a magnitude\u00a05.2 earthquake",
     "On Wednesday morning, a magnitude 5.2 earthquake"),
    ("puerto-rico-quake", "whitespace", "town of Guenica.\r\n\r\n\r\nOne resident told", "town of Guenica.\n\nOne resident told"),
    ("puerto-rico-quake", "typo", "the past month's unusal seismic activity", "the past month's unusual seismic activity"),

    ("kobe-bryant", "html", "died in the crash.<br><br>On Twitter, Adrian", "died in the crash.\n\nOn Twitter, Adrian"),
    ("kobe-bryant", "html", f"to the Los Angeles Lakers. {PIXEL}Bryant stayed", "to the Los Angeles Lakers. Bryant stayed"),
    ("kobe-bryant", "html", "<strong>Kobe</strong> Bryant and eight others", "Kobe Bryant and eight others"),
    ("kobe-bryant", "typo", "California, according to authorites.", "California, according to authorities."),

    ("richard-guy", "control", "British mathema\u0008tician who has", "British mathematician who has"),
    ("richard-guy", "control", "Number Theory\u0000 Foundation", "Number Theory Foundation"),
    ("richard-guy", "control", "a cellular\u007f automaton", "a cellular automaton"),
    ("richard-guy", "control", "practiced mountain\u001feering", "practiced mountaineering"),

    ("toilet-paper-limits", "html", f"one pack per order.</p>\n{FRAME}\n<p>These changes followed",
     "one pack per order.\nThese changes followed", "one pack per order.</p>\n<p>These changes followed"),
    ("toilet-paper-limits", "html", 'In a <a href="https://www.news.com.au/?a=1&b=2" target=_blank>News.com.au</a> report, Dr',
     "In a News.com.au report, Dr"),
    ("toilet-paper-limits", "html", "two packs last week.<style>p > a { color: #c00 }</style></p>\n<p>To further alleviate",
     "two packs last week.\nTo further alleviate", "two packs last week. </p>\n<p>To further alleviate"),
    ("toilet-paper-limits", "typo", "as messages on the checkouts, adn on the chains'", "as messages on the checkouts, and on the chains'"),

    ("one-million-infections", "spacing", "the disease from spreading.On Thursday, Sergei", "the disease from spreading. On Thursday, Sergei"),
    ("one-million-infections", "spacing", "votes in favor, ten abstentions,and one vote", "votes in favor, ten abstentions, and one vote"),
    ("one-million-infections", "spacing", "coronavirus-related death.North Korea claimed", "coronavirus-related death. North Korea claimed"),
    ("one-million-infections", "typo", "the entire day; previosly, the curfew", "the entire day; previously, the curfew"),
    ("one-million-infections", "whitespace", "there were over\u00a01,000  US deaths", "there were over 1,000 US deaths"),

    ("kelly-v-united-states", "html", "New Jersey Governor&rsquo;s reelection bid", "New Jersey Governor’s reelection bid"),
    ("kelly-v-united-states", "html", "to a halt\" &mdash; as the Supreme Court decision put it &#8212; at part",
     "to a halt\" — as the Supreme Court decision put it — at part"),
    ("kelly-v-united-states", "typo", "were both previously convictd of fraud", "were both previously convicted of fraud"),

    ("first-crewed-dragon", "typo", "SpaceX sucessfully launched its first", "SpaceX successfully launched its first"),
    ("first-crewed-dragon", "typo", "rockets, potentialy reducing the overall", "rockets, potentially reducing the overall"),
    ("first-crewed-dragon", "typo", "contractor providing transporation for", "contractor providing transportation for"),
    ("first-crewed-dragon", "typo", "depends on the continued preformance of", "depends on the continued performance of"),

    ("kamloops-fentanyl", "html", "Detective Constable Daniel Dub&eacute; stated", "Detective Constable Daniel Dubé stated"),
    ("kamloops-fentanyl", "html", "showed a 93&#37; increase from", "showed a 93% increase from"),
    ("kamloops-fentanyl", "html", "heroin, which had <b>norm</b>ally been laced", "heroin, which had normally been laced"),
    ("kamloops-fentanyl", "typo", "presented an additonal factor", "presented an additional factor"),

    ("exoplanet-water", "mojibake", None, "team, led by Björn Benneke, used"),
    ("exoplanet-water", "mojibake", None, "habitable zone — not too hot"),
    ("exoplanet-water", "mojibake", None, "of the Harvard–Smithsonian Center"),
    ("tesco-poland", "mojibake", None, "cost of one billion złotys, intends"),
    ("tesco-poland", "mojibake", None, "is 900 million złotys (181 million pounds)"),
    ("tesco-poland", "mojibake", None, "Matt Simister, Tesco’s CEO"),
    ("face-coverings", "mojibake", None, "commented, “We have been working closely"),
    ("face-coverings", "mojibake", None, "controlled manner – to help spread"),
    ("kilauea-phytoplankton", "mojibake", None, "University of Hawaii at Mānoa (UH Mānoa) and"),
    ("kilauea-phytoplankton", "mojibake", None, "eruption of the Kīlauea volcano last year"),
    ("kilauea-phytoplankton", "mojibake", None, "in aftermath of Kīlauea eruption", None, "title"),
    ("amazon-fires-g7", "mojibake", None, "city of São Paulo, Brazil dark"),
    ("amazon-fires-g7", "mojibake", None, "such as El Niño [...] There's"),
    ("amazon-fires-g7", "mojibake", None, "Amazon rainforest — the lungs"),
]


def misread(text):
    """The text's UTF-8 bytes read as windows-1252, as browsers do (the five holes are C1 controls)."""
    def char(byte):
        try:
            return bytes([byte]).decode("windows-1252")
        except UnicodeDecodeError:
            return chr(byte)
    return "".join(char(byte) for byte in text.encode("utf-8"))


def replace_once(text, old, new, where):
    if text.count(old) != 1:
        sys.exit(f"{where}: {old!r} stands {text.count(old)} times")
    return text.replace(old, new)


def paragraphs(text):
    return [line.strip() for line in text.split("\n") if line.strip()]


def first_sentence(text):
    """The first sentence after the date line; the articles' first sentences hold no inner full stop but in U.S."""
    lines = paragraphs(text)
    body = lines[1] if re.fullmatch(r"\w+day, \w+ \d+, \d{4}", lines[0]) else lines[0]
    return re.match(r".*?(?<![A-Z.]\b)(?<![A-Z])[.](?=\s|$)", body).group()


def document(row, index, source):
    """The clean document, in the input form of the service."""
    _, name, section, tags, country = row
    text = source["text"]
    for repaired, old, new in REPAIRS:
        if repaired == name:
            text = replace_once(text, old, new, name)
    url = source["source_url"].replace("wikinews.org//wiki", "wikinews.org/wiki")
    made = {
        "document_id": f"{source['publication_date']}-{name}",
        "title": source["title"],
        "text": text,
        "publisher": "Wikinews",
        "publication_date": source["publication_date"],
        "source_url": url,
    }
    # Feeds differ in what they carry, so not every field is on every article.
    if index % 3 != 2:
        made["author"] = AUTHOR
    if index % 2 == 0:
        made["excerpt"] = first_sentence(text)
    if index % 4 != 3:
        made["categories"] = [section]
        made["tags"] = tags
    if index % 5 == 1:
        made["word_count"] = len(text.split())
    if index % 6 == 2:
        made["revision_date"] = source["publication_date"]
    if index % 7 == 3:
        made["additional_metadata"] = dict(LICENCE)
    if index % 4 == 1 and country:
        made["geographical_data"] = {"country": country}
    if index % 9 == 4:  # two fields that the input form does not know
        made["guid"] = url
        made["feed_section"] = section
    if index % 20 == 7:  # a feed's time stamp where a date is asked for
        made["publication_date"] += "T00:00:00Z"
    return made


def soil(made, name, rows):
    """Puts the article's dirt into it; returns the rows of dirt.jsonl."""
    if name in MARKED_UP:
        before, after = MARKED_UP[name]
        # A paragraph's own trailing blank stays, as it would in a feed.
        lines = [line for line in made["text"].split("\n") if line.strip()]
        made["text"] = "".join(before + line + after for line in lines).removesuffix(after if not before else "\n")
    times, title_too = MOJIBAKE.get(name, (0, False))

    def wrong(text):
        for _ in range(times):
            text = misread(text)
        return text

    made["text"] = wrong(made["text"])
    if title_too:
        made["title"] = wrong(made["title"])
    if name in CRLF:
        made["text"] = made["text"].replace("\n", "\r\n")
    out = []
    for _, kind, dirty, clean, *rest in rows:
        place = rest[0] if rest else None
        field = rest[1] if len(rest) > 1 else "text"
        dirty = wrong(clean) if dirty is None else dirty
        if dirty not in made[field]:
            made[field] = replace_once(made[field], place or clean, dirty, name)
        out.append({"document_id": made["document_id"], "kind": kind, "field": field, "dirty": dirty, "clean": clean})
    return out


INVISIBLE = re.compile("[\x7f-\xa0\xad\u200b-\u200f\u2028\u2029\ufeff]")


def write(path, rows):
    """One JSON object a line; what an editor would not show is written as an escape."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    shown = (INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines)
    path.write_text("".join(line + "\n" for line in shown), encoding="utf-8", newline="\n")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = Path(sys.argv[2] if len(sys.argv) == 3 else Path(__file__).parent)
    with open(sys.argv[1], encoding="utf-8") as lines:
        sources = {row["document_id"].removeprefix("wikinews-"): row for row in map(json.loads, lines)}
    documents, dirt = [], []
    for index, row in enumerate(ARTICLES):
        made = document(row, index, sources[row[0]])
        dirt += soil(made, row[1], [piece for piece in DIRT if piece[0] == row[1]])
        documents.append(made)
    write(folder / "wikinews.jsonl", documents)
    write(folder / "dirt.jsonl", dirt)
    for made in documents:  # the attribution list of README.md
        print(f"- `{made['document_id']}`: [{wiki_title(made)}]({made['source_url']})")


def wiki_title(made):
    """The article's title as Wikinews has it, which is the last part of its address."""
    return unquote(made["source_url"].rsplit("/wiki/", 1)[1]).replace("_", " ")


if __name__ == "__main__":
    main()

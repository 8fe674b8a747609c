use proptest::prelude::*;

use super::to_text;

#[test]
fn every_fragment_reads_as_a_user_expects() {
    #[derive(serde::Deserialize)]
    struct Fragment {
        html: String,
        text: String,
    }
    let fragments: Vec<Fragment> = serde_json::from_str(include_str!("fragments.json")).unwrap();
    assert!(fragments.len() >= 15);
    for Fragment { html, text } in fragments {
        assert_eq!(to_text(&html).trim(), text, "{html}");
    }
}

fn check(cases: &[(&str, &str)]) {
    for (html, text) in cases {
        assert_eq!(to_text(html), *text, "{html}");
    }
}

#[test]
fn a_less_than_sign_that_is_no_tag_is_text() {
    for text in [
        "a < b and c > d",
        "a <b and c> d",
        "if x <y then z> 3",
        "<NYSE: T> rose",
        "mail <jane@example.org> or <https://example.org>",
        "I <3 you",
        "x <- y",
        "<",
        "<>",
        "</>",
        "a</",
        "<p",
        "<p class='x'",
        "<!-- never closed",
        "<i have no idea>",
        "1<2>0",
        "<?>",
        "<!>",
    ] {
        assert_eq!(to_text(text), text);
        assert!(
            matches!(to_text(text), std::borrow::Cow::Borrowed(_)),
            "{text}"
        );
    }
}

#[test]
fn attributes_may_hold_anything() {
    check(&[
        ("<a title=\"a > b\" href=x>link</a>", "link"),
        ("<a title='say \"hi\" > now'>link</a>", "link"),
        ("<a\n  href = \"x\"\n>link</a\n>", "link"),
        ("<img src=\"a\"alt=\"b\"/>pic", "pic"),
        ("<input disabled>x", "x"),
        ("<br/>x<br />y", "x\ny"),
        ("<p class=lead data-x>x</p>", "x"),
        (
            "<o:p></o:p>x<st1:place w:st=\"on\">Rome</st1:place>",
            "xRome",
        ),
        ("<amp-img src=x></amp-img>x", "x"),
    ]);
}

#[test]
fn what_readers_never_see_is_gone() {
    check(&[
        ("a<script>if (a<b) { x = '<p>' }</script>b", "ab"),
        ("a<SCRIPT type='x'>1</ScRiPt >b", "ab"),
        (
            "a<style>p > a { }</style><iframe src=x>no</iframe><template><p>t</p></template>b",
            "ab",
        ),
        (
            "a<!-- x > <p>y</p> -->b<!DOCTYPE html>c<?xml version='1.0'?>d",
            "abcd",
        ),
        ("a<![CDATA[x > y]]>b<![endif]>c", "abc"),
        ("<noscript><img src=x></noscript>Body", "Body"),
    ]);
}

#[test]
fn a_hidden_element_that_is_never_closed_takes_nothing_with_it() {
    check(&[
        ("one <script> two", "one  two"),
        (
            "<iframe src='x'/>one <iframe src='y'></iframe>two",
            "one two",
        ),
        ("one</script> two", "one two"),
    ]);
}

#[test]
fn a_feed_that_wraps_its_article_in_cdata_loses_nothing() {
    check(&[
        ("<![CDATA[<p>One</p><p>Two</p>]]>", "One\nTwo"),
        (" <![CDATA[plain]]> ", "plain"),
    ]);
}

#[test]
fn plain_text_with_a_few_tags_keeps_its_paragraphs() {
    check(&[
        (
            "One <b>two</b>.\n\nThree.\nFour.",
            "One two.\n\nThree.\nFour.",
        ),
        (
            "One.\n\n<p>Two\nlines</p>\n\nThree",
            "One.\nTwo lines\nThree",
        ),
        ("<p>One\n\nTwo</p>", "One\n\nTwo"),
        ("a<br>b<br><br>c<br><br><br>d", "a\nb\n\nc\n\nd"),
        ("a<br>\nb", "a\nb"),
        ("<div>One\nTwo</div>", "One\nTwo"),
    ]);
}

#[test]
fn tables_and_lists_stay_readable() {
    check(&[
        (
            "<table><tr><th>Year</th><th>Won</th></tr>\n<tr>\n<td>2019</td>\n<td>3</td></tr></table>",
            "Year Won\n2019 3",
        ),
        (
            "<p>Items:</p><ol><li>One</li><li>Two <i>b</i></li></ol>After",
            "Items:\nOne\nTwo b\nAfter",
        ),
    ]);
}

#[test]
fn character_references_are_decoded_once() {
    check(&[
        (
            "AT&amp;T &quot;x&quot; &#8217;&#x2019;&rsquo; &eacute;",
            "AT&T \"x\" ’’’ é",
        ),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<p>&amp;amp;</p>", "&amp;"),
        (
            "see /?a=1&copy=2&lt=3 and R&D, AT&T",
            "see /?a=1&copy=2&lt=3 and R&D, AT&T",
        ),
        ("&nbsp;&unknown; & &;", "\u{a0}&unknown; & &;"),
        ("&#150; &#x80;", "– €"),
    ]);
}

#[test]
fn the_work_grows_no_faster_than_the_text() {
    // Each of these makes a careless stripper quadratic, and at 1 MB that one would not end today.
    for piece in [
        "<",
        "&",
        "<a ",
        "<a b=\"",
        "<a b='\"",
        "<script>",
        "<!--",
        "<![CDATA[",
        "</",
        "<p",
        "&#",
        "<a b=\"<a c='\" ",
        "<b ",
        "<iframe x>",
        "<?x",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        assert!(to_text(&text).len() <= text.len());
        assert!(to_text(&format!("{text}>")).len() <= text.len() + 1);
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("<p>"),
        Just("</p>"),
        Just("<br>"),
        Just("<b>"),
        Just("</b>"),
        Just("<script>"),
        Just("</script>"),
        Just("<!--"),
        Just("-->"),
        Just("<td>"),
        Just("<a href=\""),
        Just("\">"),
        Just(" x "),
        Just("\n"),
        Just("\n\n"),
        Just("<"),
        Just(">"),
        Just("é"),
        Just("word"),
        Just("<NYSE: T>"),
        Just("5 < 6"),
        Just("/>"),
        Just("=")
    ];
    proptest::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in ".*", more in fragments()) {
        drop(to_text(&text));
        drop(to_text(&more));
        drop(to_text(&(more + &text)));
    }

    #[test]
    fn letters_outside_of_markup_survive(text in "[^<&]*") {
        let wrapped = format!("<i>{text}</i>");
        prop_assert_eq!(to_text(&wrapped), text);
    }
}

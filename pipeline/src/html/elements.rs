//! The element names that count as markup, and what each does to the lines of text.

/// What an element does to the text around and in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Nothing: the text runs on through it.
    Inline,
    /// A line break before and after.
    Block,
    /// A block of running text: a newline of the source inside it is only a space (CSS `white-space: normal`).
    Paragraph,
    /// A line break.
    Break,
    /// A table cell: a space from the one before.
    Cell,
    /// Not for readers: it goes with all it holds.
    Hidden,
}

/// The layout of the element `name` (lower case), or `None` where the name is not an element's and so `<name>` is text.
///
/// Names are those of the HTML standard (<https://html.spec.whatwg.org/multipage/indices.html#elements-3>) and its
/// obsolete features; custom elements have a hyphen, and word processors and feeds leave prefixed ones (`o:p`).
pub(super) fn layout(name: &str) -> Option<Layout> {
    let layout = match name {
        "script" | "style" | "noscript" | "iframe" | "template" | "svg" | "object" | "audio"
        | "video" | "canvas" | "noembed" | "noframes" | "applet" | "head" | "select"
        | "datalist" => Layout::Hidden,
        "br" => Layout::Break,
        "td" | "th" => Layout::Cell,
        "p" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dd" | "dt" | "figcaption"
        | "caption" | "summary" => Layout::Paragraph,
        "address" | "article" | "aside" | "blockquote" | "body" | "center" | "details"
        | "dialog" | "dir" | "div" | "dl" | "fieldset" | "figure" | "footer" | "form"
        | "frameset" | "header" | "hgroup" | "hr" | "html" | "legend" | "listing" | "main"
        | "menu" | "nav" | "ol" | "optgroup" | "option" | "pre" | "search" | "section"
        | "table" | "tbody" | "tfoot" | "thead" | "title" | "tr" | "ul" | "xmp" => Layout::Block,
        "a" | "abbr" | "acronym" | "area" | "b" | "base" | "basefont" | "bdi" | "bdo"
        | "bgsound" | "big" | "blink" | "button" | "cite" | "code" | "col" | "colgroup"
        | "data" | "del" | "dfn" | "em" | "embed" | "font" | "frame" | "i" | "image" | "img"
        | "input" | "ins" | "kbd" | "label" | "link" | "map" | "mark" | "marquee" | "math"
        | "meta" | "meter" | "nobr" | "output" | "param" | "picture" | "portal" | "progress"
        | "q" | "rb" | "rp" | "rt" | "rtc" | "ruby" | "s" | "samp" | "slot" | "small"
        | "source" | "spacer" | "span" | "strike" | "strong" | "sub" | "sup" | "textarea"
        | "time" | "track" | "tt" | "u" | "var" | "wbr" => Layout::Inline,
        _ if is_custom(name) => Layout::Inline,
        _ => return None,
    };
    Some(layout)
}

/// Whether a bare attribute of this name makes sense, so that `<input disabled>` is markup and `<b and c>` is not.
pub(super) fn is_boolean_attribute(name: &str) -> bool {
    name.contains('-')
        || [
            "allowfullscreen",
            "async",
            "autofocus",
            "autoplay",
            "checked",
            "compact",
            "controls",
            "default",
            "defer",
            "disabled",
            "download",
            "hidden",
            "inert",
            "ismap",
            "itemscope",
            "loop",
            "multiple",
            "muted",
            "nomodule",
            "noshade",
            "novalidate",
            "nowrap",
            "open",
            "playsinline",
            "readonly",
            "required",
            "reversed",
            "sandbox",
            "seamless",
            "selected",
        ]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

fn is_custom(name: &str) -> bool {
    if let Some((prefix, local)) = name.split_once(':') {
        return !local.is_empty()
            && [
                "o", "v", "w", "m", "st1", "fb", "g", "media", "content", "dc", "svg", "xhtml",
            ]
            .contains(&prefix);
    }
    // A custom element's name starts with a letter and holds a hyphen: `amp-img`, `twitter-widget`.
    name.contains('-') && !name.ends_with('-')
}

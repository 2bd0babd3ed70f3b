"""Text of users in figures: drawn as it is, in fonts that have its characters."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.text import Text

from Arch.figures import FIGURES, _fonts, writer
from Arch.figures.text import boxes_note, figure_text, named
from Arch.figures.writer import draw

EPOCHS = [({"loss": 2.0, "accuracy": 0.2}, {"loss": 2.5, "accuracy": 0.1})]
NAMES = ["$x_{1$ and $y$", "$y$", "50 $", "_hidden", "a_b^{2}", r"\frac{1}", r"a\$b$c\$", "$", "%&#~{}"]
INVENTED = "\ue123\ue124"  # for private use: no font of a system has them


def drawn(sheet):
    """The texts on a sheet as they are drawn; matplotlib is the oracle."""
    texts = [text for text in sheet.findobj(Text) if text.get_text()]
    kinds = [text._preprocess_math(line) for text in texts for line in text.get_text().split("\n")]
    assert not any(is_math for _, is_math in kinds)
    return " ".join(line for line, _ in kinds)


@pytest.mark.parametrize("name", list(FIGURES))
@pytest.mark.parametrize("label", NAMES)
def test_a_label_is_drawn_as_it_is(label, name, shown, sheet_of):
    runs = shown(label, [0.9], [EPOCHS])
    assert f"{label} (n=1)" in drawn(sheet_of(name, [runs]))


def test_names_of_classes_are_drawn_as_they_are(shown, sheet_of):
    experiment = shown("resnet8", [0.9], [EPOCHS])
    experiment.runs[0].provenance["class_names"] = ["$cat_{", "dog$\x1b"]
    text = drawn(sheet_of("confusion", [experiment]))
    assert "$cat_{" in text
    assert r"dog$\x1b" in text


def test_controls_are_visible_and_a_label_breaks_at_its_blanks_only():
    assert named("a\x1b[0m\n\u202eb", "2", 40, is_unlike=True) == r"a\x1b[0m\n\u202eb (n=2)*"
    assert named("aa bb", "1", 8, is_unlike=False) == "aa\nbb (n=1)"
    assert figure_text("a$b\r") == r"a\$b\r"


def test_a_dollar_sign_at_the_end_of_a_line_stays_escaped():
    lines = named("$" * 60, "1", 7, is_unlike=False).split("\n")
    assert [line.replace(r"\$", "$") for line in lines[:2]] == ["$" * 7] * 2


def test_characters_of_double_width_count_twice():
    assert named("中" * 8, "1", 10, is_unlike=False).split("\n")[0] == "中" * 5


def glyph(pen):
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.lineTo((500, 700))
    pen.closePath()


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Writes a font that has some characters into the folder of the system's fonts."""
    found = []
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: list(map(str, found)))
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    _fonts._covered.cache_clear()

    def install(family, letters, *, is_truetype=True):
        names = [".notdef", *(f"u{ord(letter):x}" for letter in letters)]
        builder = FontBuilder(1000, isTTF=is_truetype)
        builder.setupGlyphOrder(names)
        builder.setupCharacterMap({ord(letter): name for letter, name in zip(letters, names[1:], strict=True)})
        pens = {name: TTGlyphPen(None) if is_truetype else T2CharStringPen(600, None) for name in names}
        for pen in pens.values():
            glyph(pen)
        if is_truetype:
            builder.setupGlyf({name: pen.glyph() for name, pen in pens.items()})
        else:
            builder.setupCFF(family, {}, {name: pen.getCharString() for name, pen in pens.items()}, {})
        builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
        builder.setupHorizontalHeader(ascent=800, descent=-200)
        builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")})
        builder.setupOS2()
        builder.setupPost()
        found.append(tmp_path / f"{family}.{'ttf' if is_truetype else 'otf'}")
        builder.save(found[-1])

    yield install
    _fonts._covered.cache_clear()


def contents(drawing):
    return [path.read_bytes() for path in drawing.paths]


@pytest.mark.parametrize("name", list(FIGURES))
def test_characters_that_no_font_has_are_boxes_and_told(name, install, shown, tmp_path):
    drawing = draw(name, [shown(f"a {INVENTED}", [0.9], [EPOCHS])], tmp_path)  # a warning would be an error here
    assert drawing.boxes == INVENTED


@pytest.mark.parametrize("name", list(FIGURES))
def test_a_font_that_was_installed_since_is_used(name, install, shown, tmp_path):
    experiments = [shown(f"a {INVENTED}", [0.9], [EPOCHS])]
    before = draw(name, experiments, tmp_path / "a")
    install("Invented", INVENTED)
    after = draw(name, experiments, tmp_path / "b")
    assert (before.boxes, after.boxes) == (INVENTED, "")
    assert b"Invented" in after.paths[1].read_bytes()
    assert contents(before)[0] != contents(after)[0]


def test_the_fewest_fonts_are_chosen(install, shown, tmp_path):
    install("A Half", INVENTED[0])
    install("Both", INVENTED)
    pdf = draw("accuracy-bars", [shown(INVENTED, [0.9])], tmp_path).paths[1].read_bytes()
    assert b"Both" in pdf
    assert b"Half" not in pdf


def test_a_font_with_postscript_outlines_is_not_embedded_as_truetype(install, shown, tmp_path):
    install("Cubic", INVENTED, is_truetype=False)
    drawing = draw("accuracy-bars", [shown(INVENTED, [0.9])], tmp_path)
    assert drawing.boxes == ""
    assert b"/Type3" in drawing.paths[1].read_bytes()


def test_no_font_is_looked_at_for_text_that_the_default_font_has(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(_fonts, "_chosen", None)
    assert draw("accuracy-bars", [shown("± é данные", [0.9, 0.91])], tmp_path).boxes == ""


def test_the_region_of_a_text_decides_between_shapes_of_chinese_characters(install, shown, tmp_path):
    for region in ("SC", "KR", "JP"):
        install(f"Some {region}", "中か한\U000f0001")  # the last for private use, so that these fonts are needed
    chosen = {letters: _fonts._chosen(letters + "\U000f0001")[0][0].name for letters in ("中", "か中", "中한")}
    assert chosen == {"中": "Some SC", "か中": "Some JP", "中한": "Some KR"}


@pytest.mark.parametrize(
    ("letters", "words"), [("中", "fonts-noto-cjk"), ("अ", "fonts-noto-core"), ("🎲", "fonts-symbola")]
)
def test_the_note_says_what_to_install(letters, words):
    note = boxes_note(letters)
    assert letters in note
    assert words in note
    assert boxes_note("中" * 30).count("中") == 20


def test_a_plugins_figure_with_a_name_that_is_no_formula_is_drawn(shown, tmp_path, monkeypatch):
    def named_plainly(experiments, sheet):
        """Labels as they are."""
        sheet.subplots().set_title(experiments[0].label)

    monkeypatch.setattr(writer, "FIGURES", {"plain": named_plainly})
    assert draw("plain", [shown("$x_{1$ and $y$", [0.9])], tmp_path).paths

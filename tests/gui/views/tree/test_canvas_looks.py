"""What cards and edges say, and how a problem is shown."""

import pytest
from canvas_hand import figure, node_named
from PySide6.QtGui import QColor

from hhstudio.core.formatting import short_count
from hhstudio.core.spec.spec import Link, Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.annotations import COLORS
from hhstudio.core.tree.topology import LinkOverride
from hhstudio.gui.widgets.pens import Paints, blend
from hhstudio.gui.widgets.theme import DARK, LIGHT


def test_a_card_shows_what_is_stored_and_what_is_generated(canvas):
    looks = {item.text.name: item.text for item in canvas.scene.nodes.values()}
    assert looks["H0"].subtitle == "root · 73.3 k stored"
    assert looks["H1"].subtitle == "73.3 k generated"
    assert looks["P1"].subtitle == "Small CNN · 1.38 k"
    assert "root hypernetwork" in canvas.scene.nodes["h0"].toolTip()


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "?"),
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (73_344, "73.3 k"),
        (999_999, "1.00 M"),
        (123_456_789, "123 M"),
    ],
)
def test_counts_are_short(number, shown):
    assert short_count(number) == shown


def test_problems_are_badges_with_their_reason(make_canvas):
    topology = editing.update(figure(), "s1", architecture="zenke")
    topology, loose = editing.add_root(topology)
    canvas = make_canvas(topology)
    assert canvas.scene.nodes["s1"].text.badge == "error"
    assert "needs images of at least 10×10" in canvas.scene.nodes["s1"].toolTip()
    assert canvas.scene.nodes[loose].text.badge == "warning"


def test_a_link_of_its_own_is_seen_on_the_edge(make_canvas):
    canvas = make_canvas(spec=Spec(topology=figure(), link=Link(residual=True)))
    slot = canvas.document.topology.slots[0]
    assert canvas.scene.edges[slot.id].text.label == "anchored"
    canvas.editor.set_link([slot.id], LinkOverride(mode="direct"))
    assert canvas.scene.edges[slot.id].text.label == "direct"
    assert canvas.scene.edges[slot.id].text.direct
    deeper = canvas.document.topology.incoming[node_named(canvas, "P2-0")]
    assert canvas.scene.edges[deeper.id].text.label == "anchored + residual"


def contrast(one, two):
    """WCAG 2: from 1 to 21."""

    def luminance(name):
        parts = QColor(name).getRgbF()[:3]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, (one, two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("color", COLORS)
def test_what_is_written_on_a_note_reaches_four_and_a_half_to_one(qapp, theme, color):
    fill = blend(Paints(theme).note_colors[color], theme.canvas, 46 / 255)
    assert contrast(fill, theme.text) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", ["hypernetwork", "solver"])
def test_what_is_written_on_a_card_reaches_four_and_a_half_to_one_at_every_distance(qapp, theme, kind):
    paints = Paints(theme)
    assert contrast(paints.far_named[kind].color(), theme.text) >= 4.5
    for near in (paints.card, paints.card_hover, paints.card_selected, paints.mid[kind]):
        assert contrast(near.color(), theme.text) >= 4.5
        assert contrast(near.color(), theme.muted) >= 4.5


def test_from_far_away_a_card_still_shows_its_name(canvas):
    item = canvas.scene.nodes["h0"]
    pictures = []
    for name in ("H0", "another"):
        canvas.editor.rename("h0", name)
        pictures.append([canvas_at(canvas, zoom) for zoom in (0.1, 0.22)])
    assert item.text.name == "another"
    assert pictures[0][0] == pictures[1][0], "a block is a block"
    assert pictures[0][1] != pictures[1][1]


def canvas_at(canvas, zoom):
    canvas.view.zoom_by(zoom / canvas.view.zoom)
    canvas.view.centerOn(canvas.scene.nodes["h0"])
    return canvas.view.viewport().grab().toImage()


def test_a_card_says_which_tasks_its_path_learns_and_what_it_generates(canvas):
    solver = node_named(canvas, "P2-1")
    canvas.editor.assign([solver], [0, 1, 3])
    assert canvas.scene.nodes[solver].text.detail == "depth 2 · 4.13 k generated\ntasks T0–T1, T3"
    assert canvas.scene.nodes["h0"].text.detail.endswith("generates P1, H1, H2")
    assert "×" in canvas.scene.nodes["h0"].text.detail

"""What cards and edges say, and how a problem is shown."""

import pytest
from canvas_hand import figure, node_named

from hhstudio.core import edits
from hhstudio.core.topology import LinkOverride
from hhstudio.gui.canvas.looks import short_count


def test_a_card_shows_what_is_stored_and_what_is_generated(canvas):
    looks = {item.look.name: item.look for item in canvas.scene.nodes.values()}
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
    topology = edits.update(figure(), "s1", architecture="zenke")
    topology, loose = edits.add_root(topology)
    canvas = make_canvas(topology)
    assert canvas.scene.nodes["s1"].look.badge == "error"
    assert "needs images of at least 10×10" in canvas.scene.nodes["s1"].toolTip()
    assert canvas.scene.nodes[loose].look.badge == "warning"


def test_a_link_of_its_own_is_seen_on_the_edge(canvas):
    slot = canvas.document.topology.slots[0]
    assert canvas.scene.edges[slot.id].look.label == "anchored"
    canvas.editor.set_link([slot.id], LinkOverride(mode="direct"))
    assert canvas.scene.edges[slot.id].look.label == "direct"
    assert canvas.scene.edges[slot.id].look.direct
    deeper = canvas.document.topology.incoming[node_named(canvas, "P2-0")]
    assert canvas.scene.edges[deeper.id].look.label == "anchored + residual"

"""Trees as files for others, and what is said about files that are not."""

import json

import networkx as nx
import pytest
from msgspec.structs import replace

from hhstudio.core.errors import SpecError
from hhstudio.core.spec import examples, interchange, presets
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.interchange import ImportFailedError, TopologyFile


@pytest.mark.parametrize("name", examples.example_names())
def test_every_example_tree_comes_back_byte_for_byte(name):
    found = examples.example(name)
    data = interchange.encode_topology(found.topology, found.name, found.notes)
    assert interchange.decode(data) == found
    assert found.name
    assert found.notes


def test_the_examples_are_the_trees_that_people_start_from():
    depths = {n: [p.depth for p in examples.example(n).topology.paths] for n in examples.example_names()}
    assert depths["single"] == [1]
    assert depths["chain"] == [3]
    assert set(depths["wide"]) == {1}
    assert depths["proposal"] == [1, 2, 2]
    assert depths["binary"] == [4] * 8


@pytest.mark.parametrize("name", presets.preset_names())
def test_a_spec_is_read_as_a_spec(name):
    spec = presets.preset(name)
    assert interchange.decode(specs.encode(spec)) == spec


def test_all_problems_of_a_file_are_named_at_once():
    tree = json.loads(specs.encode(presets.preset("quickstart")))
    tree["training"]["steps"] = "many"
    tree["training"]["speed"] = 3
    tree["consolidation"]["level"] = "everything"
    tree["topology"]["nodes"][0]["name"] = 7
    tree["topology"]["nodes"].append(dict(tree["topology"]["nodes"][1]))
    tree["topology"]["slots"][0]["source"] = "nobody"
    tree["colour"] = "red"
    with pytest.raises(ImportFailedError) as caught:
        interchange.decode(json.dumps(tree), "mine.json")
    text = "\n".join(caught.value.problems)
    for word in (
        "training.steps", "training.speed", "consolidation.level", "topology.nodes[0].name",
        "used 2 times", "'nobody'", "`colour`",
    ):  # fmt: skip
        assert word in text
    assert len(caught.value.problems) == 7
    assert str(caught.value).startswith("mine.json: ")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"3", b'{"topology": 3}', b"{" * 50_000, b"\xff\xfe", b'{"format": "other"}']
)
def test_what_is_no_document_is_refused_in_words(data):
    with pytest.raises(SpecError, match=r"^some\.json: "):
        interchange.decode(data, "some.json")


def test_a_tree_without_settings_opens_as_a_tree():
    found = interchange.decode('{"format": "hhstudio-topology", "name": "empty"}')
    assert isinstance(found, TopologyFile)
    assert found.topology.nodes == ()


def test_networkx_reads_the_graph_that_it_is_given(tmp_path):
    topology = examples.example("proposal").topology
    node = replace(topology.nodes[0], hidden=(32, 16), position=(1.5, 2.0))
    topology = replace(topology, nodes=(node, *topology.nodes[1:]))
    file = tmp_path / "tree.graphml"
    file.write_bytes(interchange.graphml(topology))
    found = nx.read_graphml(file)
    assert set(found.nodes) == {n.id for n in topology.nodes}
    assert set(found.edges) == {(s.source, s.target) for s in topology.slots}
    assert json.loads(found.nodes["h0"]["hidden"]) == [32, 16]
    assert found.nodes["h0"]["kind"] == "hypernetwork"
    assert nx.is_arborescence(found)
    assert found.graph["root"] == "h0"

"""The formulas of core.costs against the modules that are really built."""

import inspect

import pytest
from msgspec.structs import replace

from hhstudio.core.spec import tasks
from hhstudio.core.spec.costs import costs, image_shape, outputs, solver_weights
from hhstudio.core.spec.fields import option_fields
from hhstudio.core.spec.spec import HypernetworkDefaults, Link, Part, SolverDefaults, Spec, Stream
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import LinkOverride
from hhstudio.learn.training.parameter_counts import count_parameters
from hhstudio.nets.build import build_tree
from hhstudio.nets.solvers import SOLVERS, build_solver, output_heads

SHAPES = {"digits": (1, 8, 8), "mnist": (1, 28, 28), "cifar10": (3, 32, 32)}


@pytest.mark.parametrize("name", sorted(SOLVERS))
@pytest.mark.parametrize("data", ["mnist", "cifar10"])
def test_every_built_in_solver_has_as_many_weights_as_its_formula_says(name, data):
    module = build_solver(name, {}, SHAPES[data], 2, 5)
    assert solver_weights(name, {}, SHAPES[data], 10) == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mlp", {"hidden": (30,)}),
        ("small-cnn", {"channels": (4, 8, 16)}),
        ("lenet", {"channels": (6, 16), "hidden": 84}),
        ("zenke", {"channels": (8, 8, 16, 16), "hidden": 64, "dropout": 0.0}),
        ("resnet32", {"channels": (8, 16), "blocks": 2, "norm": "none"}),
        ("resnet32", {"norm": "group"}),
    ],
)
def test_options_change_the_formula_as_they_change_the_module(name, options):
    module = build_solver(name, options, (1, 28, 28), 10, 1)
    assert solver_weights(name, options, (1, 28, 28), 10) == sum(p.numel() for p in module.parameters())


def test_what_cannot_be_known_is_none():
    assert solver_weights("my.package:Net", {}, (1, 8, 8), 10) is None
    assert solver_weights("mlp", {"depth": 3}, (1, 8, 8), 10) is None
    assert solver_weights("zenke", {}, (1, 8, 8), 10) is None


def three_paths():
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    topology, grandchild = editing.add_child(topology, child)
    topology, last = editing.add_solver(topology, grandchild)
    topology = editing.update(topology, child, hidden=(20,), chunk=300)
    topology = editing.update(topology, last, architecture="mlp", options={"hidden": (24,)})
    return editing.set_link(topology, topology.slots[1].id, LinkOverride(anchor="seeded"))


def test_a_solver_of_another_architecture_does_not_inherit_the_specs_options():
    topology, own = editing.add_solver(editing.single(), "h0", "small-cnn")
    spec = Spec(topology=topology, solver=SolverDefaults(architecture="mlp", options={"hidden": (24,)}))
    tree = build_tree(spec, topology, (1, 8, 8), 2, 1)
    assert tree.solvers[own].spec.size == solver_weights("small-cnn", {}, (1, 8, 8), 2)
    assert costs(spec).nodes[own].weights == tree.solvers[own].spec.size
    same = editing.update(topology, own, architecture="mlp")
    spec = replace(spec, topology=same)
    tree = build_tree(spec, same, (1, 8, 8), 2, 1)
    assert tree.solvers[own].spec.size == tree.solvers["s1"].spec.size == costs(spec).nodes[own].weights


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"link": Link(anchor="learned", residual=False, solver_anchor="seeded")},
        {"link": Link(mode="direct", residual=True)},
        {"hypernetwork": HypernetworkDefaults(task_chunks=False)},
        {"hypernetwork": HypernetworkDefaults(task_chunks=True, encoding="cos_sin")},
        {"solver": SolverDefaults(architecture="mlp", options={"hidden": (16, 16)})},
        {"stream": Stream(heads="each")},
        {"stream": Stream(scenario="domain")},
        {"stream": Stream(scenario="class")},
        {"stream": Stream(kind="permuted", scenario="class", tasks=3)},
        {
            "stream": Stream(
                parts=(Part(dataset="digits", classes=(0, 1, 2)), Part(dataset="digits", classes=(2, 5)))
            )
        },
    ],
)
def test_a_tree_costs_before_training_what_the_run_reports(change):
    spec = replace(Spec(topology=three_paths(), link=Link(anchor="learned", residual=True)), **change)
    heads = output_heads(spec.stream, tasks.plan(spec.stream, 0))
    shape = image_shape(spec.stream)
    assert outputs(spec.stream) == heads[0] * heads[1]
    tree = build_tree(spec, spec.topology, shape, *heads)
    number = len(spec.stream.parts) or spec.stream.tasks
    counted = count_parameters(tree, number, spec.hypernetwork.task_chunks, spec.consolidation.level)
    expected = costs(spec)
    assert (*expected.paths.values(), expected.total) == counted
    for node, generator in tree.generators.items():
        assert expected.nodes[node].weights == generator.spec.size
        assert expected.nodes[node].stored == (node == tree.root)
    for node, solver in tree.solvers.items():
        assert expected.nodes[node].weights == solver.spec.size


def test_an_unfinished_tree_is_counted_as_far_as_it_goes():
    topology, _ = editing.add_root(editing.Topology())
    found = costs(Spec(topology=topology))
    assert found.total is None
    assert found.nodes[topology.root].weights > 0


def test_a_solver_of_unknown_size_leaves_the_rest_known():
    topology = editing.update(three_paths(), "s1", architecture="my.package:Net")
    found = costs(Spec(topology=topology))
    assert found.nodes["s1"].weights is None
    assert found.paths["P1"] is None
    assert found.paths["P2-0"] is not None
    assert found.total is None


@pytest.mark.parametrize("name", sorted(SOLVERS))
def test_the_options_that_are_offered_are_those_that_the_module_takes(name):
    taken = inspect.signature(SOLVERS[name]).parameters
    offered = {field.name.removeprefix("options."): field for field in option_fields(name)}
    assert {key: field.default for key, field in offered.items()} == {
        key: p.default for key, p in taken.items() if key not in ("image_shape", "outputs")
    }
    assert [field.problem(field.default) for field in offered.values()] == [""] * len(offered)

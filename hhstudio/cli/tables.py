"""Tables of a session's figures as text; ``show --json`` has them for programs."""

from __future__ import annotations

from typing import Any

from hhstudio.core.formatting import UNKNOWN, count, duration, number
from hhstudio.core.plain_text import one_line
from hhstudio.core.run.baselines import TITLES
from hhstudio.core.run.state_words import state_word

WIDEST = 10
"""Tasks that still get a column each."""


def accuracy_table(summary: dict[str, Any]) -> str:
    """Accuracies by path and task after the path's last task, with the means, from ``Session.summary()``; of
    several paths also what became of them while others were learned, and the mean at the end."""
    tasks = len(summary["tasks"])
    columns = range(tasks) if tasks <= WIDEST else ()
    ends = summary["end"] if len(summary["paths"]) > 1 else {}
    head = [
        "path",
        "depth",
        *(f"task {k + 1}" for k in columns),
        "average",
        "backward",
        "forward",
        "forgetting",
        *(("other paths", "end") if ends else ()),
    ]
    rows = [head]
    for path in summary["paths"]:
        figures = summary["accuracy"].get(path["name"])
        if figures is None:
            continue
        final = list(figures["final"]) + [None] * tasks
        rows.append(
            [
                path["name"],
                str(path["depth"]),
                *(_figure(final[k]) for k in columns),
                _figure(figures["average"]),
                _figure(figures["backward_transfer"], sign=True),
                _figure(figures["forward_transfer"], sign=True),
                _figure(figures["forgetting"]),
                *(_end(ends.get(path["name"])) if ends else ()),
            ]
        )
    return _aligned(rows)


def overview(file: str, summary: dict[str, Any]) -> str:
    """Everything that ``hhstudio show`` says. A name in a session cannot make lines of its own."""
    file, command, summary = one_line(file), summary["command"], _on_lines(summary)
    counts = summary["parameters"]
    peak = summary["peak_memory"]
    memory = f", {number(peak / 2**20, '.0f')} MB of memory at most" if peak else ""
    lines = [
        f"{file}: {state_word(summary['state'])}, {summary['steps']} steps in {duration(summary['seconds'])} "
        f"on {summary['device']}, seed {summary['seed']}{memory}",
        f"numbers stored {_count(counts['stored'])}, generated {_count(counts['generated'])}, "
        f"ratio {_figure(counts['ratio'])}",
        *ending_lines(summary),
        "",
        accuracy_table(summary),
        *baseline_lines(summary),
        *contribution_lines(summary),
        "",
        "tasks",
    ]
    for place, task in enumerate(summary["tasks"], 1):
        classes = ", ".join(str(c) for c in task["classes"][:12])
        more = ", …" if len(task["classes"]) > 12 else ""
        lines.append(f"  {place:>3}  {task['name']}  ({task['dataset']}: {classes}{more})")
    return "\n".join([*lines, *environment_lines(summary), "", "to run it again", *_indented(command)])


def _on_lines(value: Any) -> Any:
    """The same with every text in it on one line."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return {one_line(name): _on_lines(each) for name, each in value.items()}
    return list(map(_on_lines, value)) if isinstance(value, list | tuple) else value


def ending_lines(summary: dict[str, Any]) -> list[str]:
    """Why a run ended early, and what went wrong with its numbers; no line where nothing did."""
    wrong = summary["diverged"]["message"] if summary["diverged"] else ""
    lines = [] if not wrong or wrong in summary["message"] else [f"numbers went wrong: {wrong}"]
    return [*([summary["message"]] if summary["message"] else []), *lines]


def baseline_lines(summary: dict[str, Any]) -> list[str]:
    """Bounds from solvers without hypernetworks; paths whose solvers are built alike share a row."""
    alike: dict[str, tuple[list[str], dict[str, Any]]] = {}
    for path, kinds in summary["baselines"].items():
        alike.setdefault(repr(kinds), ([], kinds))[0].append(path)
    if not alike:
        return []
    tasks = len(summary["tasks"])
    columns = range(tasks) if tasks <= WIDEST else ()
    rows = [["without hypernetworks", "of", *(f"task {k + 1}" for k in columns), "average"]]
    for paths, kinds in alike.values():
        for kind, each in kinds.items():
            final = (_figure(each["final"][k]) for k in columns)
            rows.append([TITLES[kind].lower(), ", ".join(paths), *final, _figure(each["average"])])
    return ["", _aligned(rows)]


def environment_lines(summary: dict[str, Any]) -> list[str]:
    """On what it was trained, and where it went on; no line where that was not recorded."""
    environment, resumed = summary["environment"], summary["resumed"]
    lines = ["", "environment"] if environment or resumed else []
    width = max(map(len, environment), default=0)
    lines += [f"  {name:<{width}}  {value}" for name, value in environment.items()]
    for each in resumed:
        how = "exactly" if each["exact"] else f"not bit for bit: {'; '.join(each['differs'])}"
        lines.append(f"  went on at step {each['step']} on {each['device']}, {how}")
    return lines


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def contribution_lines(summary: dict[str, Any]) -> list[str]:
    """Edge contributions by path; no line where nothing was measured."""
    paths = summary["contributions"]
    if not paths:
        return []
    first = max(map(len, paths))
    second = max(len(each["edge"]) for edges in paths.values() for each in edges)
    lines = ["", "accuracy lost without what an edge generates"]
    for path, edges in paths.items():
        for at, each in enumerate(edges):
            name = "" if at else path
            flag = "  bypassed" if each["bypassed"] else ""
            lost = _figure(each["lost"], sign=True)
            lines.append(f"  {name:<{first}}  {each['edge']:<{second}}  {lost}{flag}")
    return lines


def _end(figures: dict[str, Any] | None) -> tuple[str, str]:
    if figures is None:
        return UNKNOWN, UNKNOWN
    return _figure(figures["through_other_paths"], sign=True), _figure(figures["average"])


def _figure(value: float | None, sign: bool = False) -> str:
    return number(value, "+.3f" if sign else ".3f")


def _count(stored: float | None) -> str:
    return UNKNOWN if stored is None else count(int(stored), space=" ")


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for name, *figures in rows:
        cells = [name.ljust(widths[0]), *(f.rjust(w) for f, w in zip(figures, widths[1:], strict=True))]
        lines.append("  ".join(cells))
    return "\n".join(lines)

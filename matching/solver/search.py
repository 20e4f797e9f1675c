"""Goals in order: each is made as large as possible, proven or bounded, and then kept while the next one is sought."""

from __future__ import annotations

from matching.capacity import Ints
from matching.solver.greedy import complete, first_plan
from matching.solver.model import Model
from matching.solver.problem import Answer, Control, Problem

WORK = {"quick": 2.0, "normal": 15.0, "thorough": 100.0}


def solve(problem: Problem, names: list[str], effort: str, seed: int, control: Control) -> Answer:
    """The best plan for the goals in order. ``names`` are only for telling progress."""
    control.tell("greedy")
    chosen = first_plan(problem, control)
    bounds: list[int | None] = [None] * len(problem.goals)
    model: Model | None = None
    for k, goal in enumerate(problem.goals):
        bounds[k] = problem.simple_bound(goal)
        if goal.value(chosen) < problem.simple_bound(goal) and not control.over():
            model = model or _fresh(problem, seed, k, chosen)
            chosen, bounds[k] = _improve(problem, model, k, chosen, names[k], WORK[effort], control)
        if model:
            model.keep(goal, goal.value(chosen))
        control.tell("goal", names[k], goal.value(chosen), bounds[k])
    chosen = complete(problem, chosen)
    return Answer(chosen, list(problem.value(chosen)), bounds, control.cut_short)


def _fresh(problem: Problem, seed: int, k: int, chosen: Ints) -> Model:
    model = Model(problem, seed)
    for goal in problem.goals[:k]:
        model.keep(goal, goal.value(chosen))
    return model


def _improve(
    problem: Problem, model: Model, k: int, chosen: Ints, name: str, work: float, control: Control
) -> tuple[Ints, int | None]:
    found = model.maximise(problem.goals[k], chosen, work, control, name)
    better = found.chosen is not None and problem.value(found.chosen) > problem.value(chosen)
    simple = problem.simple_bound(problem.goals[k])
    return (
        found.chosen if better and found.chosen is not None else chosen,
        simple if found.bound is None else min(simple, found.bound),
    )

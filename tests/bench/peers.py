"""What others reach on the same market in the same time: greedy, and CP-SAT, HiGHS and CBC on the whole model.

Run ``python -m tests.bench.peers PEER MARKET SECONDS``: one peer, in a process of its own; it prints its goal values.
The goals are taken in order, each with its share of the time that is left, and kept as rows for the next.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from ortools.linear_solver import linear_solver_pb2, pywraplp
from ortools.sat.python import cp_model

from matching import Market
from matching.candidates import placeable
from matching.goals import Total
from matching.solver import Control, Problem
from matching.solver.bound import Relaxation
from matching.solver.greedy import first_plan
from matching.solver.linear import best_whole
from matching.solving import drawn, problem_of
from matching.table import Ints

CORES = 2


def whole(market: Market) -> Problem:
    """The market as the solver gets it, nothing dropped."""
    return problem_of(market, *drawn(*placeable(market), market, seed=0))


def greedy(problem: Problem, seconds: float) -> Ints:
    return first_plan(problem, Control())


def cp_sat(problem: Problem, seconds: float) -> Ints:
    """CP-SAT with its own settings and two workers."""
    end = time.monotonic() + seconds
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(len(problem.need))]
    matrix = problem.packing.matrix
    for row, limit in enumerate(problem.packing.limit.tolist()):
        inside = slice(matrix.indptr[row], matrix.indptr[row + 1])
        columns, factors = matrix.indices[inside].tolist(), matrix.data[inside].tolist()
        model.add(cp_model.LinearExpr.weighted_sum([x[j] for j in columns], factors) <= limit)
    chosen = np.flatnonzero(problem.fixed)
    for k, goal in enumerate(problem.goals):
        worth = cp_model.LinearExpr.weighted_sum(x, goal.points.tolist())
        model.maximize(worth)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = CORES
        solver.parameters.max_time_in_seconds = max(0.1, (end - time.monotonic()) / (len(problem.goals) - k))
        if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            chosen = np.flatnonzero(solver.response_proto.solution)
            model.clear_hints()
            taken = set(chosen.tolist())
            for j, variable in enumerate(x):
                model.add_hint(variable, j in taken)
        model.add(worth >= goal.value(chosen))
    return chosen


def highs(problem: Problem, seconds: float) -> Ints:
    """HiGHS from the greedy plan, without which it may find none."""
    end = time.monotonic() + seconds
    rows, chosen = Relaxation(problem, Control()), first_plan(problem, Control())
    every = np.arange(len(problem.need))
    for k, goal in enumerate(problem.goals):
        share = Control(max(0.1, (end - time.monotonic()) / (len(problem.goals) - k)))
        gain = goal.points.astype(np.float64)
        found = best_whole(rows.rows(), gain, every, problem.fixed, chosen, 1_000_000, share).chosen
        if found is not None and problem.value(found) > problem.value(chosen):
            chosen = found
        rows.keep(goal, goal.value(chosen), 0)
    return chosen


def cbc(problem: Problem, seconds: float) -> Ints:
    """CBC as OR-Tools brings it, from the greedy plan."""
    end = time.monotonic() + seconds
    model = linear_solver_pb2.MPModelProto(maximize=True)
    for fixed in problem.fixed.tolist():
        model.variable.add(lower_bound=float(fixed), upper_bound=1.0, is_integer=True)
    matrix = problem.packing.matrix
    for row, limit in enumerate(problem.packing.limit.tolist()):
        inside = slice(matrix.indptr[row], matrix.indptr[row + 1])
        one = model.constraint.add(upper_bound=float(limit))
        one.var_index.extend(matrix.indices[inside].tolist())
        one.coefficient.extend(matrix.data[inside].astype(float).tolist())
    chosen = first_plan(problem, Control())
    for k, goal in enumerate(problem.goals):
        for variable, points in zip(model.variable, goal.points.tolist(), strict=True):
            variable.objective_coefficient = points
        model.solution_hint.Clear()
        model.solution_hint.var_index.extend(chosen.tolist())
        model.solution_hint.var_value.extend([1.0] * len(chosen))
        share = max(0.1, (end - time.monotonic()) / (len(problem.goals) - k))
        found = _cbc_answer(model, share)
        if found is not None and problem.value(found) > problem.value(chosen):
            chosen = found
        kept = model.constraint.add(lower_bound=float(goal.value(chosen)))
        worth = np.flatnonzero(goal.points)
        kept.var_index.extend(worth.tolist())
        kept.coefficient.extend(goal.points[worth].astype(float).tolist())
    return chosen


def _cbc_answer(model: linear_solver_pb2.MPModelProto, seconds: float) -> Ints | None:
    request = linear_solver_pb2.MPModelRequest(
        model=model,
        solver_type=linear_solver_pb2.MPModelRequest.CBC_MIXED_INTEGER_PROGRAMMING,
        solver_time_limit_seconds=seconds,
    )
    response = linear_solver_pb2.MPSolutionResponse()
    pywraplp.Solver.SolveWithProto(request, response)
    if response.status not in (linear_solver_pb2.MPSOLVER_OPTIMAL, linear_solver_pb2.MPSOLVER_FEASIBLE):
        return None
    return np.flatnonzero(np.array(response.variable_value) > 0.5)


PEERS = {"greedy": greedy, "CP-SAT": cp_sat, "HiGHS": highs, "CBC": cbc}


def main() -> None:
    peer, file, seconds = sys.argv[1:]
    problem = whole(Market.read(file))
    assert all(isinstance(goal, Total) for goal in problem.goals)
    chosen = PEERS[peer](problem, float(seconds))
    keeps = (problem.packing.matrix[:, chosen].sum(axis=1) <= problem.packing.limit).all()
    sys.stdout.write(json.dumps(list(problem.value(chosen)) if keeps else []) + "\n")


if __name__ == "__main__":
    main()

"""The most that one place can earn: the best set of columns it can hold together, with a proven limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from ortools.sat.python import cp_model, cp_model_helper

from matching.capacity import Ints
from matching.solver.bound import Relaxation
from matching.solver.problem import Control, Problem
from matching.table import Bools, Floats

_PAYS = 1e-6  # less than this is not worth a column
_SCALE = 1e9  # what all columns of a place are worth together, in whole numbers
_MORE = 16  # of the next best sets seen on the way: plans are made of them too


Pattern = tuple[int, ...]  # columns of one place, sorted


@dataclass(frozen=True)
class Place:
    """The columns of a place (numbers in the problem), the need of each and whether it is fixed; Σ rows · x ≤ limit."""

    columns: Ints
    need: Ints
    fixed: Bools
    rows: sp.csc_array
    limit: Ints


@dataclass(frozen=True)
class Earned:
    """What a place earns: at most ``limit``, with the best set found ``value``; sets of columns, the best first; work;
    whether nothing better can be found.

    The limit is infinite where there was no time left.
    """

    limit: float
    value: float
    patterns: list[Ints]
    work: float
    settled: bool


def places_of(relaxation: Relaxation) -> list[Place]:
    """What each place can hold: its columns that may still be chosen and its rows of capacity."""
    problem, matrix, limit = relaxation.problem, *relaxation.capacity
    owner = problem.place[matrix.indices[matrix.indptr[:-1]]]
    alive = np.flatnonzero(relaxation.alive | problem.fixed)
    found = []
    columns_of, rows_of = _grouped(problem.place[alive], problem), _grouped(owner, problem)
    for mine, rows in zip(columns_of, rows_of, strict=True):
        columns = alive[mine]
        if len(columns):
            inside = _over(matrix[rows], columns)
            found.append(Place(columns, problem.need[columns], problem.fixed[columns], inside, limit[rows]))
    return sorted(found, key=lambda place: -len(place.columns))  # asked in this order, no core waits long at the end


def _grouped(place: Ints, problem: Problem) -> list[Ints]:
    """For each place of the problem, where it stands in ``place``."""
    order = np.argsort(place, kind="stable")
    return np.split(order, np.searchsorted(place[order], np.arange(1, len(problem.limit))))


def _over(rows: sp.csr_array, columns: Ints) -> sp.csc_array:
    """The rows over some columns alone, in order; scipy's own way takes as long as there are columns in all."""
    at = np.searchsorted(columns, rows.indices)
    kept = columns[np.minimum(at, len(columns) - 1)] == rows.indices
    row = np.repeat(np.arange(rows.shape[0], dtype=np.int32), np.diff(rows.indptr))
    entries = rows.data[kept], (row[kept], at[kept].astype(np.int32))
    return sp.csc_array(entries, shape=(rows.shape[0], len(columns)))


def best_patterns(place: Place, worth: Floats, known: Pattern, work: float, control: Control) -> Earned:
    """What the place earns at most when each column is ``worth`` so much; ``known`` is the best set known for it.

    At most ``work`` units of CP-SAT's deterministic work.
    """
    mine = worth[place.columns]
    pays = (mine > _PAYS) | place.fixed
    spare, some = float(np.maximum(mine[~pays], 0).sum()), np.flatnonzero(pays)
    columns, mine = place.columns[some], mine[some]
    if control.over():
        return Earned(np.inf, 0.0, [], 0.0, False)
    model = _packed(place, some)
    if not model.constraints:
        return Earned(float(mine.sum()) + spare, float(mine.sum()), [columns], 0.0, True)
    factors, scale = _scaled(mine)
    model.objective.vars.extend(range(len(some)))
    model.objective.coeffs.extend((-factors).tolist())
    model.objective.scaling_factor = -1.0
    model.solution_hint.vars.extend(range(len(some)))
    model.solution_hint.values.extend(np.isin(columns, known).astype(int).tolist())
    response = _solved(model, work, _MORE)
    spent = response.deterministic_time
    if response.status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # ended before it began to search: what it then gives as bound is none
        return Earned(float(mine[mine > 0].sum()) + spare, 0.0, [], spent, False)
    found = [response.solution, *(other.values for other in response.additional_solutions)]
    patterns = [columns[np.fromiter(held, dtype=np.int64) > 0] for held in found]
    limit, value = response.best_objective_bound, response.objective_value
    return Earned(limit / scale + spare, value / scale, patterns, spent, limit <= value)


def witnesses(
    place: Place, worth: Floats, least: float, asked: Bools, work: float, control: Control
) -> tuple[list[Pattern], Ints]:
    """Sets of columns worth ``least`` or more, and those of the columns ``asked`` about that no such set holds.

    Each other one of them is in one of the sets, unless ``work`` units were too little to tell. Each question is for a
    set with as many as possible that have not been seen in one.
    """
    mine, found = worth[place.columns], list[Pattern]()
    unseen = asked & ~place.fixed
    if not unseen.any():
        return found, place.columns[unseen]
    none = place.columns[:0]
    some = np.arange(len(mine))
    model = _packed(place, some)
    factors, scale = _scaled(mine)
    row = model.constraints.add().linear
    row.vars.extend(some.tolist())
    row.coeffs.extend(factors.tolist())
    row.domain.extend([max(math.floor(least * scale), -(2**62)), 2**62])
    model.objective.scaling_factor = -1.0
    while unseen.any():
        if work <= 0 or control.over():
            return found, none
        wanted = np.flatnonzero(unseen).tolist()
        model.objective.vars.clear()
        model.objective.coeffs.clear()
        model.objective.vars.extend(wanted)
        model.objective.coeffs.extend([-1] * len(wanted))
        response = _solved(model, work)
        work -= response.deterministic_time
        if response.status == cp_model.INFEASIBLE:
            break
        if response.status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return found, none
        held = np.fromiter(response.solution, dtype=np.int64) > 0
        if not held[unseen].any():
            if response.status == cp_model.OPTIMAL:
                break
            return found, none
        found.append(tuple(place.columns[held].tolist()))
        unseen &= ~held
    return found, place.columns[unseen]


def _packed(place: Place, some: Ints) -> cp_model_helper.CpModelProto:
    """A model in CP-SAT of which of some columns the place holds together; no constraints where it can hold all."""
    rows, need = place.rows.toarray()[:, some], place.need[some]
    full = rows.sum(axis=1)
    _, of_need, ways = np.unique(need, return_inverse=True, return_counts=True)
    # CpModel and CpSolver make a hundred methods anew each time, which takes as long as a small place does
    model: cp_model_helper.CpModelProto = cp_model_helper.CpBaseModel(None).model_proto
    for fixed in place.fixed[some].tolist():
        model.variables.add().domain.extend([int(fixed), 1])
    binding = full > place.limit
    for row, limit in zip(*_telling(rows[binding], place.limit[binding]), strict=True):
        inside = np.flatnonzero(row)
        linear = model.constraints.add().linear
        linear.vars.extend(inside.tolist())
        linear.coeffs.extend(row[inside].tolist())
        linear.domain.extend([0, int(limit)])
    for group in np.flatnonzero(ways > 1).tolist():
        model.constraints.add().at_most_one.literals.extend(np.flatnonzero(of_need == group).tolist())
    return model


def _scaled(mine: Floats) -> tuple[Ints, float]:
    """What columns are worth in whole numbers, rounded up, and how many of these are one."""
    scale = _SCALE / max(1.0, float(np.abs(mine).sum()))
    return np.ceil(mine * scale).astype(np.int64), scale


def _solved(model: cp_model_helper.CpModelProto, work: float, more: int = 0) -> cp_model_helper.CpSolverResponse:
    """CP-SAT's response; ``more``: so many of the next best solutions beside."""
    parameters = cp_model_helper.SatParameters()
    parameters.num_workers = 1
    parameters.max_deterministic_time = work
    # measured: of a place that is hard to ask, a full relaxation after one round of presolve spares a quarter of the
    # time and half of the work; probing and cuts take longer than they spare
    parameters.linearization_level = 2
    parameters.max_presolve_iterations = 1
    parameters.cp_model_probing_level = 0
    parameters.cut_level = 0
    parameters.use_sat_inprocessing = False
    if more:
        parameters.solution_pool_size = more
        parameters.fill_additional_solutions_in_response = True
    solver = cp_model_helper.SolveWrapper()
    solver.set_parameters(parameters)
    response: cp_model_helper.CpSolverResponse
    response = solver.solve(model)  # type: ignore[no-untyped-call]  # the stub names no type
    return response


def _telling(rows: Ints, limit: Ints) -> tuple[Ints, Ints]:
    """Those of the rows whose columns are not all in another one with no higher limit: a column takes as much of every
    row that it is in; with the limit of each.

    Of the rows of a place with some columns left they are a third, and its problem takes three quarters of the work.
    """
    size = np.count_nonzero(rows, axis=1)
    ones = np.zeros((len(rows), -(-rows.shape[1] // 64) * 64), dtype=bool)
    ones[:, : rows.shape[1]] = rows > 0
    inside = limit[:, None] >= limit
    # by words of 64 columns: a product of matrices would wake numpy's own threads, which spin where CP-SAT works
    for word in np.packbits(ones, axis=1).view(np.uint64).T:
        inside &= (word[:, None] & ~word) == 0
    same = (size[:, None] == size) & (limit[:, None] == limit)  # of these the first one stays
    same &= np.tri(len(rows), dtype=bool).T
    telling = ~(inside & ~same).any(axis=1)
    return rows[telling], limit[telling]


def held_by(patterns: list[Pattern]) -> tuple[Ints, Ints]:
    """The columns of all these patterns, and which pattern holds each."""
    columns = np.fromiter((column for pattern in patterns for column in pattern), dtype=np.int64)
    return columns, np.repeat(np.arange(len(patterns)), [len(pattern) for pattern in patterns])

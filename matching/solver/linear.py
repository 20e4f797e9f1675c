"""Linear and mixed programmes through MathOpt: GLOP for prices, PDLP for prices near them, HiGHS for exact answers on
few columns."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import scipy.sparse as sp
from ortools.math_opt import (
    callback_pb2,
    model_parameters_pb2,
    model_pb2,
    parameters_pb2,
    result_pb2,
    solution_pb2,
    sparse_containers_pb2,
)
from ortools.math_opt.core.python import solver as core
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2
from ortools.pdlp import solvers_pb2
from pybind11_abseil.status import StatusNotOk

from matching.capacity import Ints
from matching.solver.problem import Control
from matching.table import Bools, Floats

_NEAR, _NEARER = 1e-2, 2e-4  # relative errors and gap that a first-order method may leave, at first and then
_ITERATIONS = 2_000
_THREADS, _SHARDS = 2, 8
_ROUNDS = 2  # iterations of the simplex by rows and columns: a crowded market's longest took a quarter of them
_EPSILON = 1e-6  # by which a whole choice may break a row: what floats lose
_LOST, _SHARE = 1e-4, 1e-10  # and by which HiGHS's limit may be too low, given its tolerances: so much, or of the limit
_NOISE = 0.02  # shares that it leaves of columns that the best x would not hold, or holds whole


@dataclass(frozen=True)
class Rows:
    """The rows of all ``blocks`` · x ≤ limit, with equality where ``equal``."""

    blocks: tuple[sp.csr_array, ...]
    limit: Floats
    equal: Bools


@dataclass(frozen=True)
class Solution:
    """A fractional x over all columns and the price of each row; whether the method came as near as it was to."""

    x: Floats
    price: Floats
    settled: bool


def _proto(rows: Rows, gain: Floats, columns: Ints, fixed: Bools, whole: bool) -> tuple[model_pb2.ModelProto, Ints]:
    """The programme over some columns, and the numbers of the rows that are in it (those that hold a column)."""
    part = sp.csr_array(sp.vstack([block[:, columns] for block in rows.blocks], format="csr"))
    part.sort_indices()
    used = np.flatnonzero(np.diff(part.indptr) > 0)
    part = part[used]
    proto = model_pb2.ModelProto()
    count = len(columns)
    proto.variables.ids.extend(range(count))
    proto.variables.lower_bounds.extend(fixed[columns].astype(float).tolist())
    proto.variables.upper_bounds.extend([1.0] * count)
    proto.variables.integers.extend([whole] * count)
    proto.objective.maximize = True
    worth = np.flatnonzero(gain[columns])
    proto.objective.linear_coefficients.ids.extend(worth.tolist())
    proto.objective.linear_coefficients.values.extend(gain[columns][worth].tolist())
    constraints = proto.linear_constraints
    constraints.ids.extend(range(len(used)))
    constraints.lower_bounds.extend(np.where(rows.equal[used], rows.limit[used], -np.inf).tolist())
    constraints.upper_bounds.extend(rows.limit[used].tolist())
    entries = proto.linear_constraint_matrix
    entries.row_ids.extend(np.repeat(np.arange(len(used)), np.diff(part.indptr)).tolist())
    entries.column_ids.extend(part.indices.tolist())
    entries.coefficients.extend(part.data.tolist())
    return proto, used


def _solved(
    proto: model_pb2.ModelProto,
    solver: mathopt.SolverType,
    parameters: mathopt.SolveParameters,
    advice: model_parameters_pb2.ModelSolveParametersProto,
) -> result_pb2.SolveResultProto:
    """MathOpt's own entry for protocol buffers: its Python objects cost more than solving (5 s against 1 s)."""
    return core.solve(
        proto,
        solver.value,
        parameters_pb2.SolverInitializerProto(),
        parameters.to_proto(),
        advice,
        None,
        callback_pb2.CallbackRegistrationProto(),
        None,
        None,
    )


def _time(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _dense(values: sparse_containers_pb2.SparseDoubleVectorProto, size: int) -> Floats:
    dense = np.zeros(size)
    dense[np.fromiter(values.ids, dtype=np.int64)] = np.fromiter(values.values, dtype=np.float64)
    return dense


class Basis:
    """Where the last solution of a programme stood, for a programme with more rows and columns to begin from."""

    def __init__(self) -> None:
        self._columns: Ints = np.zeros(0, dtype=np.int64)
        self._rows: Ints = np.zeros(0, dtype=np.int64)

    @property
    def known(self) -> bool:
        return len(self._columns) > 0

    def keep(self, basis: solution_pb2.BasisProto, columns: Ints, rows: Ints) -> None:
        self._columns, self._rows = np.zeros(columns.max() + 1, np.int64), np.zeros(rows.max() + 1, np.int64)
        self._columns[columns] = np.fromiter(basis.variable_status.values, dtype=np.int64)
        self._rows[rows] = np.fromiter(basis.constraint_status.values, dtype=np.int64)

    def tell(self, basis: solution_pb2.BasisProto, columns: Ints, rows: Ints) -> None:
        """What is new begins outside the basis as a column, inside it as a row; where columns of the basis are gone,
        rows take their turn, so that there are as many in it as rows."""
        inside, outside = solution_pb2.BASIS_STATUS_BASIC, solution_pb2.BASIS_STATUS_AT_UPPER_BOUND
        column = _status(self._columns, columns, solution_pb2.BASIS_STATUS_AT_LOWER_BOUND)
        row = _status(self._rows, rows, inside)
        lacking = len(rows) - int((column == inside).sum() + (row == inside).sum())
        if lacking > 0:
            row[np.flatnonzero(row != inside)[:lacking]] = inside
        elif lacking < 0:  # rows that were outside are gone
            row[np.flatnonzero(row == inside)[:-lacking]] = outside
        for status, values in ((basis.variable_status, column), (basis.constraint_status, row)):
            status.ids.extend(range(len(values)))
            status.values.extend(values.tolist())


def _status(known: Ints, these: Ints, new: int) -> Ints:
    """The status known of each of these, ``new`` where none is."""
    status = np.full(len(these), new)
    old = these < len(known)
    status[old] = np.where(known[these[old]] > 0, known[these[old]], new)
    return status


def best_fractional(
    rows: Rows, gain: Floats, columns: Ints, fixed: Bools, control: Control, basis: Basis | None = None
) -> Solution | None:
    """The best over some columns (x is zero outside ``columns``); ``None`` if none, or none in the time that is left.

    ``basis`` is where the search begins, and is told where it ended. Where GLOP gives up, or goes on for too long, it
    is tried without a basis, and by the other simplex.
    """
    proto, used = _proto(rows, gain, columns, fixed, whole=False)
    # measured: with settled goals as rows the dual simplex takes a third of the primal's time, without them twice it
    primal, dual = mathopt.LPAlgorithm.PRIMAL_SIMPLEX, mathopt.LPAlgorithm.DUAL_SIMPLEX
    methods = [dual, primal] if (rows.limit[used] < 0).any() else [primal, dual]
    known = basis is not None and basis.known
    # seen: GLOP gives up from some bases, singular to its eyes, and it goes round in circles for ever
    most = _ROUNDS * (len(used) + len(columns))
    solutions: list[solution_pb2.SolutionProto] = []
    for method in [primal, *methods] if known else methods:
        advice = model_parameters_pb2.ModelSolveParametersProto()
        if known and basis is not None:
            basis.tell(advice.initial_basis, columns, used)
        known = False
        parameters = mathopt.SolveParameters(lp_algorithm=method, time_limit=_time(control.left), iteration_limit=most)
        with suppress(StatusNotOk):
            result = _solved(proto, mathopt.SolverType.GLOP, parameters, advice)
            ended = result.termination.limit == result_pb2.LIMIT_UNSPECIFIED  # GLOP does not say which it reached
            solutions = list(result.solutions) if ended else []
        if solutions and solutions[0].HasField("dual_solution"):
            break
        if control.over():
            return None
    else:
        return None
    solution = solutions[0]
    if basis is not None and solution.HasField("basis"):
        basis.keep(solution.basis, columns, used)
    x = np.zeros(rows.blocks[0].shape[1])
    x[columns] = _dense(solution.primal_solution.variable_values, len(columns))
    price = np.zeros(len(rows.limit))
    price[used] = _dense(solution.dual_solution.dual_values, len(used))
    return Solution(x, price, True)


def near_fractional(
    rows: Rows,
    gain: Floats,
    columns: Ints,
    fixed: Bools,
    control: Control,
    begin: Solution | None = None,
) -> Solution | None:
    """As ``best_fractional``, but only near the best, and x may break a row by a little: where the simplex takes
    seconds for thousands of iterations, a first-order method (PDLP: Applegate and others 2021) has such prices in one.

    ``begin`` is of a programme that had these rows, or the first of them; it is then sought nearer.
    """
    proto, used = _proto(rows, gain, columns, fixed, whole=False)
    advice = model_parameters_pb2.ModelSolveParametersProto()
    tuning = solvers_pb2.PrimalDualHybridGradientParams()
    tuning.termination_criteria.iteration_limit = _ITERATIONS
    near = tuning.termination_criteria.simple_optimality_criteria
    near.eps_optimal_relative = near.eps_optimal_absolute = _NEAR
    if begin is not None:
        near.eps_optimal_relative = near.eps_optimal_absolute = _NEARER
        hint = advice.solution_hints.add()
        price = np.concatenate([begin.price, np.zeros(len(rows.limit) - len(begin.price))])[used]
        for values, at in ((hint.variable_values, begin.x[columns]), (hint.dual_values, price)):
            values.ids.extend(range(len(at)))
            values.values.extend(at.tolist())
    # what is added up depends on the number of shards, not on that of threads
    tuning.num_threads, tuning.num_shards = _THREADS, _SHARDS
    parameters = mathopt.SolveParameters(pdlp=tuning, time_limit=_time(control.left))
    result = _solved(proto, mathopt.SolverType.PDLP, parameters, advice)
    if not result.solutions or not result.solutions[0].HasField("dual_solution"):
        return None
    solution = result.solutions[0]
    share = _dense(solution.primal_solution.variable_values, len(columns))
    x = np.zeros(rows.blocks[0].shape[1])
    x[columns] = np.where(share < _NOISE, 0.0, np.where(share > 1 - _NOISE, 1.0, share))
    price = np.zeros(len(rows.limit))
    price[used] = _dense(solution.dual_solution.dual_values, len(used))
    return Solution(x, price, result.termination.reason == result_pb2.TERMINATION_REASON_OPTIMAL)


@dataclass(frozen=True)
class Exact:
    """The chosen columns (``None`` where none were found) and the proven limit over them (infinite if none)."""

    chosen: Ints | None
    limit: float


def _keeps(rows: Rows, chosen: Ints) -> bool:
    """Whether this choice of columns keeps every row."""
    total = np.concatenate([block[:, chosen].sum(axis=1) for block in rows.blocks])
    over = total - rows.limit
    return bool((over <= _EPSILON).all() and (over[rows.equal] >= -_EPSILON).all())


def best_whole(
    rows: Rows, gain: Floats, columns: Ints, fixed: Bools, start: Ints, nodes: int, control: Control
) -> Exact:
    """The best plan that uses only these columns, from the plan ``start`` among them, within so many nodes."""
    proto, _ = _proto(rows, gain, columns, fixed, whole=True)
    hint = np.zeros(len(columns))
    hint[np.searchsorted(columns, start)] = 1.0
    advice = model_parameters_pb2.ModelSolveParametersProto()
    values = advice.solution_hints.add().variable_values
    values.ids.extend(range(len(hint)))
    values.values.extend(hint.tolist())
    tuning = highs_pb2.HighsOptionsProto(
        double_options={"mip_rel_gap": 0.0, "mip_abs_gap": 0.99}, int_options={"mip_max_nodes": nodes, "threads": 1}
    )
    left = control.left  # HiGHS is given a little less, so that what it found is not left behind
    parameters = mathopt.SolveParameters(highs=tuning, time_limit=_time(left and max(0.1, 0.9 * left)))
    found: list[tuple[Exact, bool]] = []

    def run() -> None:
        result = _solved(proto, mathopt.SolverType.HIGHS, parameters, advice)
        bound = result.termination.objective_bounds.dual_bound
        exact = Exact(None, bound + max(_LOST, _SHARE * abs(bound)))
        if result.solutions and result.solutions[0].HasField("primal_solution"):
            x = _dense(result.solutions[0].primal_solution.variable_values, len(columns))
            chosen = columns[x > 0.5]
            # seen: HiGHS gives a solution that breaks rows, and then nothing that it says can be relied on
            exact = replace(exact, chosen=chosen) if _keeps(rows, chosen) else Exact(None, np.inf)
        found.append((exact, result.termination.limit == result_pb2.LIMIT_TIME))

    worker = threading.Thread(target=run, daemon=True)  # HiGHS cannot be interrupted; it can be left alone
    worker.start()
    while worker.is_alive() and not control.over():
        worker.join(0.05)
    exact, late = found[0] if found else (Exact(None, np.inf), True)
    control.late |= late
    return exact

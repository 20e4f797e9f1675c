"""The exact model in CP-SAT (Perron and Didier): packing rows, earlier goals as rows, one goal to maximise."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from matching.capacity import Ints
from matching.goals import Goal, SmallestShare, Total
from matching.solver.problem import Control, Problem, Tell
from matching.solver.reduction import cares_for_needs_only
from matching.table import Bools, Floats

_LOWEST, _HIGHEST = -(2**62), 2**62
_SCALE = 1_000  # of prices, in whole numbers


@dataclass(frozen=True)
class Found:
    """What a run found: the chosen columns (``None`` where nothing was), and a proven bound (``None`` likewise)."""

    chosen: Ints | None
    bound: int | None


class Model:
    """Choose columns so that the packing rows and the goals already settled are kept."""

    def __init__(self, problem: Problem, seed: int, must: Bools | None = None, proving: bool = True):
        """``must``: the needs that are to be placed in any case. ``proving``: whether to prove what is best, or just to
        find something better in little work."""
        self._problem = problem
        self._seed = seed
        self._model = cp_model.CpModel()
        proto = self._model.proto
        placed = np.zeros(problem.needs, dtype=bool) if must is None else must
        for least in problem.fixed.tolist():
            proto.variables.add().domain.extend([int(least), 1])
        matrix, limit = problem.packing.matrix, problem.packing.limit.tolist()
        indices, data, ptr = matrix.indices.tolist(), matrix.data.tolist(), matrix.indptr.tolist()
        least = np.concatenate([np.where(placed, 1, _LOWEST), np.full(len(limit) - problem.needs, _LOWEST)])
        # measured: with a Boolean for each need, whether it is placed, goals that only ask for that are proven in half
        # to two thirds of the work; in a neighbourhood less is found so
        self._placed = len(problem.need) + np.arange(problem.needs if proving else 0)
        for need, y in enumerate(self._placed.tolist()):
            proto.variables.add().domain.extend([int(placed[need]), 1])
            proto.constraints.add().exactly_one.literals.extend([*indices[ptr[need] : ptr[need + 1]], -y - 1])
        for row in range(len(self._placed), len(limit)):
            begin, end = ptr[row], ptr[row + 1]
            self._linear(indices[begin:end], data[begin:end], int(least[row]), limit[row])

    def _linear(self, columns: list[int], factors: list[int], least: int, most: int) -> None:
        linear = self._model.proto.constraints.add().linear
        linear.vars.extend(columns)
        linear.coeffs.extend(factors)
        linear.domain.extend([least, most])

    def _counted(self, goal: Goal) -> tuple[Ints, Ints]:
        """The variables that the goal counts, needs where it only asks which are placed, and a column with the points
        of each."""
        if len(self._placed) and cares_for_needs_only(self._problem, goal):
            columns, ptr = self._problem.columns_of
            return self._placed, columns[ptr[:-1]]
        return np.arange(len(goal.points)), np.arange(len(goal.points))

    def _sum(self, goal: Total) -> tuple[list[int], list[int]]:
        """The variables that the goal is a sum of, and their factors."""
        variables, columns = self._counted(goal)
        worth = np.flatnonzero(goal.points[columns])
        return variables[worth].tolist(), goal.points[columns[worth]].tolist()

    def _sums(self, goal: SmallestShare) -> Iterator[tuple[int, list[int], list[int]]]:
        """What each group asked for, the variables that it is a sum of, and their factors."""
        variables, columns = self._counted(goal)
        for group, asked in enumerate(goal.asked.tolist()):
            members = np.flatnonzero(goal.group[columns] == group)
            yield asked, variables[members].tolist(), goal.points[columns[members]].tolist()

    def keep(self, goal: Goal, value: int, proven: bool = False) -> None:
        """From now on the goal is worth at least ``value``, or just that where it is ``proven`` that it cannot be more.

        Measured: so told, it is done in three quarters of the work.
        """
        if isinstance(goal, Total):
            self._linear(*self._sum(goal), value, value if proven and len(self._placed) else _HIGHEST)
            return
        for asked, variables, factors in self._sums(goal):
            self._linear(variables, factors, -(-value * asked // 100), _HIGHEST)

    def spare(self, price: Floats, most: float) -> None:
        """From now on the needs that are left out cost ``most`` or less in all, at these prices.

        Measured: told what prices prove to be spare, it proves a first goal in a tenth to two thirds of the work.
        """
        price = np.clip(price, 0, most + 1)
        most = min(most, float(price.sum()))
        scale = min(_SCALE, _HIGHEST / 4 / max(1.0, float(price.sum())))
        cost = np.floor(price * scale).astype(np.int64)
        dear = np.flatnonzero(cost)
        least = int(cost.sum()) - int(np.floor(most * scale))
        self._linear(self._placed[dear].tolist(), cost[dear].tolist(), least, _HIGHEST)

    def maximise(self, goal: Goal, start: Ints, limit: int, work: float, control: Control, tell: Tell) -> Found:
        """The best plan for one goal within ``work`` units of deterministic work, from the plan ``start``.

        ``limit`` is known to be no less than the goal can reach; a plan that reaches it ends the search.
        ``tell`` hears of every better value or bound.
        """
        proto = self._model.proto
        proto.clear_objective()
        proto.clear_solution_hint()
        extra = 0
        if isinstance(goal, Total):
            variables, factors = self._sum(goal)
            proto.objective.vars.extend(variables)
            proto.objective.coeffs.extend([-factor for factor in factors])
        else:
            extra = self._share_variable(goal)
            proto.objective.vars.append(extra)
            proto.objective.coeffs.append(-1)
        proto.objective.scaling_factor = -1.0
        hint = np.zeros(len(self._problem.need) + len(self._placed), dtype=np.int64)
        hint[start] = 1
        if len(self._placed):
            hint[self._placed[self._problem.need[start]]] = 1
        proto.solution_hint.vars.extend(range(len(hint)))
        proto.solution_hint.values.extend(hint.tolist())
        if extra:
            proto.solution_hint.vars.append(extra)
            proto.solution_hint.values.append(goal.value(start))
        return self._run(goal.value(start), limit, work, control, tell)

    def _share_variable(self, goal: SmallestShare) -> int:
        """A new variable t in 0 … 100 with 100·Σ points chosen − asked·t ≥ 0 for every group."""
        share = len(self._model.proto.variables)
        self._model.proto.variables.add().domain.extend([0, 100])
        for asked, variables, factors in self._sums(goal):
            self._linear([*variables, share], [*(100 * factor for factor in factors), -asked], 0, _HIGHEST)
        return share

    def _run(self, value: int, limit: int, work: float, control: Control, tell: Tell) -> Found:
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = 1
        parameters.random_seed = self._seed % 2**31
        parameters.max_deterministic_time = work
        # measured: with all rows in its relaxation, and without probing, it proves goals of few values in a fifth to
        # two thirds of the time that HiGHS takes; else it takes ten times as long
        parameters.linearization_level = 2
        parameters.cp_model_probing_level = 0
        parameters.catch_sigint_signal = False
        watcher = _Watcher(control, tell, value, limit)
        solver.best_bound_callback = watcher.bound_found
        with watcher.guarding(solver):
            status = solver.solve(self._model, watcher)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Found(None, watcher.bound)
        solution = np.fromiter(solver.response_proto.solution, dtype=np.int64)
        chosen = np.flatnonzero(solution[: len(self._problem.need)])
        return Found(chosen, int(np.floor(solver.best_objective_bound + 1e-6)))


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Tells of progress and ends the run when control says so."""

    def __init__(self, control: Control, tell: Tell, value: int, limit: int):
        super().__init__()
        self._control = control
        self._tell = tell
        self._value = value
        self._limit = limit
        self.bound: int | None = None

    def on_solution_callback(self) -> None:
        self._value = round(self.objective_value)
        self._tell(self._value, self._limit if self.bound is None else min(self._limit, self.bound))
        if self._value >= self._limit:  # told as a bound of the objective, the limit cost presolve its best reductions
            self.stop_search()

    def bound_found(self, bound: float) -> None:
        self.bound = int(np.floor(bound + 1e-6))
        self._tell(self._value, self._limit if self.bound is None else min(self._limit, self.bound))

    def guarding(self, solver: cp_model.CpSolver) -> _Guard:
        return _Guard(self._control, solver)


class _Guard:
    """Asks the control every tenth of a second while a run lasts."""

    def __init__(self, control: Control, solver: cp_model.CpSolver):
        self._control = control
        self._solver = solver
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            if self._control.over():
                self._solver.stop_search()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

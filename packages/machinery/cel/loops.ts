/** Evaluates what macros over lists and maps have become. */
import type { Expr, Fold } from './ast.ts';
import { CostLimitExceeded, type Frame, type Plan } from './frame.ts';
import type { PlanParts } from './planner.ts';
import { CelError, CelList, CelMap, type Value, type ValueList, type ValueMap } from './values.ts';

const LIST_COST = 10;

/** Plans a loop. */
export function planLoop(expr: Fold, planner: PlanParts): Plan {
  const range = planner.plan(expr.range);
  const start = planner.plan(expr.start);
  return planner.within([expr.accumulator], ([accumulator]) => {
    const result = planner.plan(expr.result);
    const names = expr.second === undefined ? [expr.variable] : [expr.variable, expr.second];
    return planner.within(names, ([first, second]) => {
      const condition = planner.plan(expr.condition);
      const step = planStep(expr.step, { expr, slot: accumulator! }, planner);
      const loop: Loop = { accumulator: accumulator!, first: first!, second, condition, step };
      const absorbs = expr.condition.node === 'call';
      return (frame) => {
        const over = range(frame);
        frame.slots[accumulator!] = start(frame);
        const failure = absorbs ? runAbsorbing(frame, over, loop) : run(frame, over, loop);
        if (failure) throw failure;
        return result(frame);
      };
    });
  });
}

interface Loop {
  readonly accumulator: number;
  readonly first: number;
  readonly second: number | undefined;
  readonly condition: Plan;
  readonly step: Plan;
}

/** Puts the element at `index` into the loop's variables. */
type Advance = (frame: Frame, index: number) => void;

/** How many elements there are, and how to get at them. */
function elements(over: Value, { first, second }: Loop): { readonly size: number; readonly advance: Advance } {
  if (over instanceof CelList) {
    const advance: Advance = (frame, index) => {
      frame.slots[second ?? first] = over.get(index);
      if (second !== undefined) frame.slots[first] = BigInt(index);
    };
    return { size: over.size, advance };
  }
  if (!(over instanceof CelMap)) throw new CelError('no such overload');
  const keys = [...over.keys()];
  const advance: Advance = (frame, index) => {
    frame.slots[first] = keys[index]!;
    if (second !== undefined) frame.slots[second] = over.get(keys[index]!)!;
  };
  return { size: keys.length, advance };
}

function run(frame: Frame, over: Value, loop: Loop): undefined {
  const { size, advance } = elements(over, loop);
  for (let i = 0; i < size; i += 1) {
    advance(frame, i);
    if (loop.condition(frame) !== true) break;
    frame.slots[loop.accumulator] = loop.step(frame);
  }
}

/** `all` and `exists`: an element that fails is forgotten when another decides. */
function runAbsorbing(frame: Frame, over: Value, loop: Loop): CelError | undefined {
  const { size, advance } = elements(over, loop);
  let failure: CelError | undefined;
  for (let i = 0; i < size; i += 1) {
    advance(frame, i);
    if (loop.condition(frame) !== true) return undefined;
    try {
      frame.slots[loop.accumulator] = loop.step(frame);
    } catch (error) {
      if (!(error instanceof CelError) || error instanceof CostLimitExceeded) throw error;
      failure ??= error;
    }
  }
  return failure && loop.condition(frame) === true ? failure : undefined;
}

/** A step that adds to the accumulator changes it in place: nothing else can see it yet. */
function planStep(step: Expr, fold: { readonly expr: Fold; readonly slot: number }, planner: PlanParts): Plan {
  if (step.node !== 'call') return planner.plan(step);
  const { accumulator } = fold.expr;
  const isAccumulator = (expr: Expr | undefined): boolean => expr?.node === 'ident' && expr.name === accumulator;
  if (step.name === '_?_:_' && isAccumulator(step.args[2])) {
    const test = planner.plan(step.args[0]!);
    const yes = planStep(step.args[1]!, fold, planner);
    const no = planner.plan(step.args[2]!);
    return (frame) => {
      const decided = test(frame);
      if (typeof decided !== 'boolean') throw new CelError('no such overload');
      return decided ? yes(frame) : no(frame);
    };
  }
  const added = step.args[1];
  if (step.name === '_+_' && isAccumulator(step.args[0]) && added?.node === 'list' && fold.expr.start.node === 'list') return appendPlan(planner.plan(added.elements[0]!), fold.slot);
  if (step.name === 'cel.@mapInsert' && isAccumulator(step.args[0])) return insertPlan(step.args.slice(1).map((one) => planner.plan(one)), fold.slot);
  return planner.plan(step);
}

function appendPlan(element: Plan, slot: number): Plan {
  return (frame) => {
    // The accumulator, the list of one, and the sum.
    frame.charge(1 + LIST_COST + 1);
    const value = element(frame);
    const list = frame.slots[slot] as ValueList;
    list.items.push(value);
    return list;
  };
}

function insertPlan([key, value]: readonly Plan[], slot: number): Plan {
  return (frame) => {
    frame.charge(2);
    const first = key!(frame);
    const map = frame.slots[slot] as ValueMap;
    if (value) return map.add(first, value(frame));
    if (!(first instanceof CelMap)) throw new CelError('no such overload');
    for (const one of first.keys()) map.add(one, first.get(one)!);
    return map;
  };
}

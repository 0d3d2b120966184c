/**
 * Holds "brigade" against its contract, name by name. This file only has to compile: a name that is missing, is too many
 * or has another signature makes one of the checks below false, and the compiler names it.
 */
import type * as brigade from "brigade";
import type * as testing from "brigade/testing";
import type * as contract from "./contract.d.ts";

type Package = typeof brigade;
type Contract = typeof contract;

/** Whether two types are the same, modifiers and overloads included: deferred conditional types are compared by identity. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Assignable<A, B> = [A] extends [B] ? true : false;

/** Compiles when every check is true. */
type Holds<Checks extends Record<keyof Checks, true>> = Checks;

type Class = abstract new (...args: never) => unknown;
type ClassName = { [Name in keyof Contract]: Contract[Name] extends Class ? Name : never }[keyof Contract];
type InstanceOf<C> = C extends abstract new (...args: never) => infer Instance ? Instance : never;
type ParametersOf<C> = C extends abstract new (...args: infer Parameters) => unknown ? Parameters : never;

/** Functions whose types name a conditional type or a class with private fields: two copies of those are never the same. */
type Applied = "asCompleted" | "collect" | "forEach" | "gather" | "mapStream" | "race";
type FunctionName = Exclude<keyof Contract, ClassName | Applied>;

export type Names = Holds<{
  nothingMissing: Identical<Exclude<keyof Contract, keyof Package>, never>;
  nothingMore: Identical<Exclude<keyof Package, keyof Contract>, never>;
}>;

export type Functions = Holds<{ [Name in FunctionName]: Identical<Package[Name], Contract[Name]> }>;

type Tuple = readonly [brigade.Coroutine<string>, Promise<number>];
type Fields = { readonly a: brigade.Coroutine<string>; readonly b: Promise<number> };
type One = brigade.Coroutine<string>;
type Returns<P extends (...args: never) => unknown, C extends (...args: never) => unknown> = Identical<
  ReturnType<P>,
  ReturnType<C>
>;
type Takes<P extends (...args: never) => unknown, C extends (...args: never) => unknown> = Assignable<
  Parameters<P>,
  Parameters<C>
>;
export type AppliedFunctions = Holds<{
  race: Identical<typeof brigade.race<Tuple>, typeof contract.race<Tuple>>;
  asCompleted: Identical<typeof brigade.asCompleted<One>, typeof contract.asCompleted<One>>;
  collectReturns: Returns<typeof brigade.collect<string>, typeof contract.collect<string>>;
  collectTakes: Takes<typeof brigade.collect<string>, typeof contract.collect<string>>;
  forEachReturns: Returns<typeof brigade.forEach<string>, typeof contract.forEach<string>>;
  forEachTakes: Takes<typeof brigade.forEach<string>, typeof contract.forEach<string>>;
  mapStreamReturns: Returns<typeof brigade.mapStream<string, number>, typeof contract.mapStream<string, number>>;
  mapStreamTakes: Takes<typeof brigade.mapStream<string, number>, typeof contract.mapStream<string, number>>;
}>;

declare const gathers: { readonly ofPackage: Package["gather"]; readonly ofContract: Contract["gather"] };
declare const given: {
  readonly tuple: Tuple;
  readonly fields: Fields;
  readonly many: Iterable<One>;
  readonly flag: boolean;
};

/** Each overload of gather, called once. Never run: it is the types of what they return that are compared. */
export function overloads(): void {
  const ofPackage = [
    gathers.ofPackage(given.tuple, { limit: 1 }),
    gathers.ofPackage(given.tuple, { returnExceptions: false }),
    gathers.ofPackage(given.tuple, { returnExceptions: true }),
    gathers.ofPackage(given.fields),
    gathers.ofPackage(given.fields, { returnExceptions: given.flag }),
    gathers.ofPackage(given.many, { limit: 1 }),
    gathers.ofPackage(given.many, { returnExceptions: true }),
  ] as const;
  const ofContract = [
    gathers.ofContract(given.tuple, { limit: 1 }),
    gathers.ofContract(given.tuple, { returnExceptions: false }),
    gathers.ofContract(given.tuple, { returnExceptions: true }),
    gathers.ofContract(given.fields),
    gathers.ofContract(given.fields, { returnExceptions: given.flag }),
    gathers.ofContract(given.many, { limit: 1 }),
    gathers.ofContract(given.many, { returnExceptions: true }),
  ] as const;
  true satisfies Identical<typeof ofPackage, typeof ofContract>;
}

/** A class with private fields takes no look-alike, so its instances are compared in one direction. */
export type ClassInstances = Holds<{
  [Name in ClassName]: Assignable<InstanceOf<Package[Name]>, InstanceOf<Contract[Name]>>;
}>;
/** The classes that users construct with arguments. */
export type Constructors = Holds<{
  Barrier: Identical<ParametersOf<Package["Barrier"]>, ParametersOf<Contract["Barrier"]>>;
  BoundedSemaphore: Identical<ParametersOf<Package["BoundedSemaphore"]>, ParametersOf<Contract["BoundedSemaphore"]>>;
  Condition: Assignable<ParametersOf<Package["Condition"]>, ParametersOf<Contract["Condition"]>>;
  ContextVar: Identical<ParametersOf<Package["ContextVar"]>, ParametersOf<Contract["ContextVar"]>>;
  ExceptionGroup: Identical<ParametersOf<Package["ExceptionGroup"]>, ParametersOf<Contract["ExceptionGroup"]>>;
  LifoQueue: Identical<ParametersOf<Package["LifoQueue"]>, ParametersOf<Contract["LifoQueue"]>>;
  Lock: Identical<ParametersOf<Package["Lock"]>, ParametersOf<Contract["Lock"]>>;
  PriorityQueue: Identical<ParametersOf<Package["PriorityQueue"]>, ParametersOf<Contract["PriorityQueue"]>>;
  Queue: Identical<ParametersOf<Package["Queue"]>, ParametersOf<Contract["Queue"]>>;
  Runner: Identical<ParametersOf<Package["Runner"]>, ParametersOf<Contract["Runner"]>>;
  Semaphore: Identical<ParametersOf<Package["Semaphore"]>, ParametersOf<Contract["Semaphore"]>>;
}>;
export type GenericClasses = Holds<{
  Queue: Assignable<brigade.Queue<string>, contract.Queue<string>>;
  LifoQueue: Assignable<brigade.LifoQueue<string>, contract.LifoQueue<string>>;
  PriorityQueue: Assignable<brigade.PriorityQueue<string>, contract.PriorityQueue<string>>;
  ContextVar: Assignable<brigade.ContextVar<string>, contract.ContextVar<string>>;
}>;
export type Interfaces = Holds<{
  Duration: Identical<brigade.Duration, contract.Duration>;
  Awaitable: Identical<brigade.Awaitable<string>, contract.Awaitable<string>>;
  CoroutineBody: Identical<brigade.CoroutineBody<string>, contract.CoroutineBody<string>>;
  Coroutine: Identical<brigade.Coroutine<string>, contract.Coroutine<string>>;
  AwaitableLike: Identical<brigade.AwaitableLike<string>, contract.AwaitableLike<string>>;
  Result: Identical<
    brigade.Result<brigade.Coroutine<string> | Promise<number>>,
    contract.Result<contract.Coroutine<string> | Promise<number>>
  >;
  ScopeBody: Identical<
    brigade.ScopeBody<brigade.TimeoutScope, string>,
    contract.ScopeBody<contract.TimeoutScope, string>
  >;
  RunOptions: Identical<brigade.RunOptions, contract.RunOptions>;
  EventLoop: Identical<brigade.EventLoop, contract.EventLoop>;
  Handle: Identical<brigade.Handle, contract.Handle>;
  Clock: Identical<brigade.Clock, contract.Clock>;
  Future: Identical<brigade.Future<string>, contract.Future<string>>;
  SettableFuture: Identical<brigade.SettableFuture<string>, contract.SettableFuture<string>>;
  TaskOptions: Identical<brigade.TaskOptions, contract.TaskOptions>;
  Task: Identical<brigade.Task<string>, contract.Task<string>>;
  FrameInfo: Identical<brigade.FrameInfo, contract.FrameInfo>;
  TimeoutScope: Identical<brigade.TimeoutScope, contract.TimeoutScope>;
  GatherOptions: Identical<brigade.GatherOptions, contract.GatherOptions>;
  WaitOptions: Identical<brigade.WaitOptions, contract.WaitOptions>;
  TaskGroup: Identical<brigade.TaskGroup, contract.TaskGroup>;
  Permit: Identical<brigade.Permit, contract.Permit>;
  Acquirable: Identical<brigade.Acquirable<brigade.Permit>, contract.Acquirable<contract.Permit>>;
  Stream: Identical<brigade.Stream<string>, contract.Stream<string>>;
  Ending: Identical<brigade.Ending, contract.Ending>;
  AsyncContextManager: Identical<brigade.AsyncContextManager<string>, contract.AsyncContextManager<string>>;
  Context: Identical<brigade.Context, contract.Context>;
  LoopObserver: Identical<brigade.LoopObserver, contract.LoopObserver>;
  LoopTime: Identical<brigade.LoopTime, contract.LoopTime>;
  WaitInfo: Identical<brigade.WaitInfo, contract.WaitInfo>;
  Report: Identical<brigade.Report, contract.Report>;
}>;

/** What takes a class of the package as well, so that the two sides differ by that class's private fields. */
export type Unions = Holds<{
  Source: Assignable<brigade.Source<string>, contract.Source<string>>;
  Usable: Assignable<brigade.Usable<Disposable>, contract.Usable<Disposable>>;
}>;

type VirtualClock = (options?: { readonly patience?: brigade.Duration }) => brigade.Clock & {
  advanceTo(when: number): void;
};
export type Testing = Holds<{
  virtualClock: Assignable<typeof testing.virtualClock, VirtualClock>;
  takes: Identical<Parameters<typeof testing.virtualClock>, Parameters<VirtualClock>>;
}>;

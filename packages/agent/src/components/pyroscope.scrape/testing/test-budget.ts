import { RecordingLog } from "../../../component/testing/recording-log.ts";
import { DeltaBudget } from "../delta-budget.ts";

export interface TestBudget {
  readonly budget: DeltaBudget;
  readonly clock: { now: number };
  readonly log: RecordingLog;
  readonly counted: { readonly shed: string[]; leftOut: number };
}

/** A budget with rests of a second and a minute, a clock that stands still, and what it logged and counted. */
export function testBudget(limitBytes = 1 << 20): TestBudget {
  const clock = { now: 0 };
  const log = new RecordingLog();
  const counted = { shed: new Array<string>(), leftOut: 0 };
  const metrics = {
    shed: (profileType: string) => {
      counted.shed.push(profileType);
    },
    leftOut: {
      inc: () => {
        counted.leftOut += 1;
      },
    },
  };
  const limits = { shedRestMs: 1000, shedRetryMs: 60_000 };
  return { budget: new DeltaBudget({ limitBytes, limits, metrics, log, now: () => clock.now }), clock, log, counted };
}

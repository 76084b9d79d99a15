export { type CpuProfilerOptions, recordCpuProfile } from "./cpu-profiler.ts";
export { type HeapMode, HeapSampler, HeapSamplerBusy, type HeapSamplerOptions } from "./heap-sampler.ts";
export { createPprofHandler, type PprofHandler, type PprofHandlerOptions } from "./pprof-handler.ts";

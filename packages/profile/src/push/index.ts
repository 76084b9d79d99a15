export { decodePushRequest, type DecodePushOptions } from "./decode-push.ts";
export { encodePushRequest } from "./encode-push.ts";
export { LabelTable } from "./label-table.ts";
export { decodePushRequestJson } from "./push-json.ts";
export { defaultPushLimits, type PushLimits, type PushRequest, type PushSample, type PushSeries } from "./push-request.ts";

export { type AppName, formatAppName, parseAppName } from "./app-name.ts";
export { Labels, LabelsBuilder } from "./labels.ts";
export { inferServiceName, type ServiceNameSource, serviceNameSources } from "./service-name.ts";
export { labelNameProblem, serviceNameProblem, validateLabels } from "./validate.ts";

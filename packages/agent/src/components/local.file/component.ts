import { type Component, defineComponent } from "../../component/index.ts";
import { attr, bool, duration, enumeration, optionalSecret, string } from "../../schema/index.ts";
import { WatchedFile } from "./watched-file.ts";

const detector = enumeration(["fsnotify", "poll"], {
  refuse: (text) => `unrecognized detector ${JSON.stringify(text)}, expected fsnotify or poll`,
});

export const localFile: Component = defineComponent({
  name: "local.file",
  stability: "generally-available",
  doc:
    "Exports the content of a file, and follows it: a file that is written, replaced, removed or there again is read at once. While it cannot be read, the " +
    "last content stays in use and the component is unhealthy. A file that cannot be read at the start is an error.",
  arguments: {
    filename: attr(string, { required: true, doc: "The file." }),
    detector: attr(detector, {
      doc: "How changes are noticed: `fsnotify` is told by the operating system, `poll` looks every `poll_frequency`.",
    }),
    poll_frequency: attr(duration, { default: 60_000, doc: "How often the file is read whether a change was noticed or not." }),
    is_secret: attr(bool, { doc: "The content is a secret: no page, log or plain string may show it." }),
  },
  exports: { content: attr(optionalSecret, { doc: "The content, with the line break at its end if there is one." }) },
  build: (context, args) => WatchedFile.open(context, args),
});

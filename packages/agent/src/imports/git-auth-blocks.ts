import type { Infer } from "../schema/index.ts";
import { attr, defineBlock, secret, string } from "../schema/index.ts";

const basicFields = {
  username: attr(string, { required: true, doc: "User name." }),
  password: attr(secret, { required: true, doc: "Password, or a token." }),
};

export const gitBasicAuth = defineBlock({ fields: basicFields });

export type GitBasicAuth = Infer<typeof basicFields>;

const sshFields = {
  username: attr(string, { required: true, doc: "User name." }),
  key: attr(secret, { doc: "The private key itself." }),
  key_file: attr(string, { doc: "File with the private key." }),
  passphrase: attr(secret, { doc: "What the private key is locked with." }),
};

export const gitSshKey = defineBlock({
  fields: sshFields,
  validate({ key, key_file: file }) {
    if (key.reveal() === "" && file === "") return "at least one of key and key_file must be configured";
    return key.reveal() !== "" && file !== "" ? "at most one of key and key_file must be configured" : undefined;
  },
});

export type GitSshKey = Infer<typeof sshFields>;

import type { Infer } from '#machinery/schema.ts';
import { list, map, message, optional, string } from '#machinery/schema.ts';

export const userInfo = message('authentication/v1.UserInfo', {
  username: optional(1, string),
  uid: optional(2, string),
  groups: optional(3, list(string)),
  extra: optional(4, map(list(string), 'ExtraValue')),
});
export interface UserInfo extends Infer<typeof userInfo> {}

/** The app as a module of its own, for those that change nothing of it. */

import { appOf } from "./app.ts";

export default appOf("served");

/**
 * Loaded before the main module of each worker thread and child process of a script of `scgi run`:
 * refuses to start servers there, which would serve plain HTTP to everybody.
 *
 * @module
 */

import { refuseServe } from "../run/refusal.ts";
import { programFile } from "./program.ts";

refuseServe(programFile("cli/refuse-serve"));

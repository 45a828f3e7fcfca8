/** A module that fails while it loads. */

throw new Error("this module does not load");

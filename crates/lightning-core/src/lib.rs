//! A Lightning node without sockets, clock, threads or storage.

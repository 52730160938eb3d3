/*
 * zmq_utils.h: what measures need beside zmq.h, for libzmq.so.1 of the oxmq engine.
 * Generated from the Rust source by cbindgen: run "make headers" rather than change it here.
 */

#ifndef __ZMQ_UTILS_H_INCLUDED__
#define __ZMQ_UTILS_H_INCLUDED__

#include "zmq.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Starts a stopwatch.
 *
 * Returns it, to be given to zmq_stopwatch_stop.
 */
ZMQ_EXPORT void *zmq_stopwatch_start(void);

/*
 * Stops a stopwatch.
 *
 * Returns the microseconds since it was started.
 */
ZMQ_EXPORT unsigned long zmq_stopwatch_stop(void *watch);

/* Sleeps for some seconds, less when a signal comes. */
ZMQ_EXPORT void zmq_sleep(int seconds);

#ifdef __cplusplus
}
#endif

#endif /* __ZMQ_UTILS_H_INCLUDED__ */

/* For builds with bounds checks: an index error in a function that cannot raise ends the process.
 *
 * Cython gives such an error to PyErr_WriteUnraisable, which prints it, and the function goes on as
 * if it had returned. A program would then go on with wrong figures, and a test would pass.
 * setup.py has the compiler include this file before all else.
 */
#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>
#include <stdlib.h>

static inline void dedupe_end_process(PyObject *where) {
    PyErr_WriteUnraisable(where);
    abort();
}
#define PyErr_WriteUnraisable dedupe_end_process

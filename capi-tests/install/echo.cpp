// The same from C++: it links only if the functions are declared extern "C".
#include "echo.c"

//! What ctest has its C code linked to. It is a package of its own because the names of that code are those of the
//! constants, which the two ABIs share.

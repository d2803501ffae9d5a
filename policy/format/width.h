#ifndef POLICY_FORMAT_WIDTH_H
#define POLICY_FORMAT_WIDTH_H

#include <stdint.h>

#include "policy/symbol.h"

/*
 * text_width(t): How many columns of a terminal ${t}, which is UTF-8, takes.  A
 * text of ASCII alone takes as many as it has bytes, whatever they are.
 */
uint32_t text_width(struct text t);

#endif

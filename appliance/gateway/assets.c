/* The three files of the page, put into the program by the assembler. */
#include "appliance/gateway/gateway.h"

#define ASSET(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".global asset_" #name "\nasset_" #name ":\n.incbin \"" file "\"\n"                    \
            ".global asset_" #name "_end\nasset_" #name "_end:\n.byte 0\n.previous\n");            \
    extern const uint8_t asset_##name[];                                                           \
    extern const uint8_t asset_##name##_end[];

ASSET(index, "build/ui/index.html")
ASSET(script, "build/ui/app.js")
ASSET(style, "build/ui/app.css")

const struct asset_file asset_files[] = {
    {"/", "text/html; charset=utf-8", asset_index, asset_index_end},
    {"/index.html", "text/html; charset=utf-8", asset_index, asset_index_end},
    {"/app.js", "text/javascript; charset=utf-8", asset_script, asset_script_end},
    {"/app.css", "text/css; charset=utf-8", asset_style, asset_style_end},
};
const size_t asset_files_count = sizeof asset_files / sizeof *asset_files;

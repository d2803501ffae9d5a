/* The files, put into the program by the assembler. */
#include "appliance/cli/data.h"

#include <assert.h>
#include <string.h>

#define FILE_IN(name, file)                                                                        \
    __asm__(".section .rodata\n"                                                                   \
            ".global data_" #name "\ndata_" #name ":\n.incbin \"" file "\"\n"                      \
            ".global data_" #name "_end\ndata_" #name "_end:\n.byte 0\n.previous\n");              \
    extern const uint8_t data_##name[];                                                            \
    extern const uint8_t data_##name##_end[];

FILE_IN(mandatory, "policy/site/mandatory.cedar")
FILE_IN(program, "policy/site/program.cedar")
FILE_IN(people, "appliance/training/people.json")
FILE_IN(harrow_vane, "appliance/training/harrow-vane.json")
FILE_IN(sable_orchard, "appliance/training/sable-orchard.json")
FILE_IN(drawing, "appliance/training/4410-0100.svg")

const struct data_file data_files[] = {
    {"mandatory.cedar", data_mandatory, data_mandatory_end},
    {"program.cedar", data_program, data_program_end},
    {"people.json", data_people, data_people_end},
    {"harrow-vane.json", data_harrow_vane, data_harrow_vane_end},
    {"sable-orchard.json", data_sable_orchard, data_sable_orchard_end},
    {"4410-0100.svg", data_drawing, data_drawing_end},
    {NULL, NULL, NULL},
};

struct bytes_view data_file(const char *name)
{
    const struct data_file *f = data_files;
    while (f->name && strcmp(f->name, name) != 0)
        f++;
    assert(f->name);
    return bytes_view_of(f->at, (size_t)(f->end - f->at));
}

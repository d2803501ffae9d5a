/*
 * message audit DETAIL    the digits of an audit record that says of itself what DETAIL says
 * message intent DETAIL   those of an act that is about to be done, and never is
 * message key NUMBER      those of the message by which the keeper hands a key out
 * message epoch NUMBER    those of a request for a new epoch that nobody has agreed to
 * message say TEXT        those by which a program says of itself what people should know
 * message ready           those by which it says, once, that it has begun
 * message bad             a datagram that is no message
 * For `inside PID say`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/audit/event.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/message.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"

int main(int argc, char **argv)
{
    static uint8_t bytes[MESSAGE_DATAGRAM_MAX];
    struct message m = {.number = MESSAGE_NONE};
    struct bytes_put out = bytes_into(bytes, sizeof bytes);
    if (os_boot_id_load() != 0 || argc < 2)
        return 2;
    if (argc == 3 && (strcmp(argv[1], "audit") == 0 || strcmp(argv[1], "intent") == 0)) {
        m.number = MESSAGE_AUDIT;
        os_uuid(m.audit.id);
        m.audit.type = AUDIT_TYPE_OPERATION;
        m.audit.event_class = AUDIT_CLASS_OBJECT;
        m.audit.outcome = argv[1][0] == 'i' ? AUDIT_OUTCOME_INTENT : AUDIT_OUTCOME_DENIED;
        m.audit.detail = bytes_text(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "key") == 0) {
        m.number = MESSAGE_KEY;
        m.key.number = (uint8_t)atoi(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "epoch") == 0) {
        m.number = MESSAGE_EPOCH;
        m.epoch.epoch = (uint32_t)atoi(argv[2]);
        m.epoch.here = m.epoch.epoch - 1;
        m.epoch.first_body = m.epoch.first_statement = bytes_text("");
        m.epoch.second_body = m.epoch.second_statement = bytes_text("");
    } else if (argc == 3 && strcmp(argv[1], "say") == 0) {
        m.number = MESSAGE_SAY;
        m.say.text = bytes_text(argv[2]);
    } else if (strcmp(argv[1], "ready") == 0) {
        m.number = MESSAGE_READY;
        memcpy(m.ready.build, process_build, sizeof process_build);
        m.ready.lacking = bytes_text("");
    } else if (strcmp(argv[1], "bad") == 0) {
        printf("ffff0000ffffffffffff\n");
        return 0;
    } else {
        return 2;
    }
    message_encode(&m, &out);
    for (size_t i = 0; i < bytes_put_length(&out); i++)
        printf("%02x", bytes[i]);
    putchar('\n');
    return 0;
}

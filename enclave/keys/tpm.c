#include "enclave/keys/tpm.h"

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>

#include "enclave/store/library.h"

#define ANSWER_MS   60000
#define ANSWER_MAX  4096
#define HEADER      10 /* tag, size, code */
#define SECRET      32
#define MAGIC       0x636173656d617465 /* "casemate" */
#define SESSION_SET (TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT)

void tpm_begin(void)
{
    store_library_begin(); /* the same library of cryptography */
    (void)setenv("TSS2_LOG", "all+none", 1);
}

/* ---- the TPM behind a descriptor ---- */

struct line {
    TSS2_TCTI_CONTEXT_COMMON_V1 common; /* first: it is what the library is given */
    int fd;
};

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
    const struct line *line = (const struct line *)(const void *)context;
    return write(line->fd, command, size) == (ssize_t)size ? TSS2_RC_SUCCESS
                                                           : TSS2_TCTI_RC_IO_ERROR;
}

/* A device gives the whole answer at once, a socket what has come; the header says how long. */
static TSS2_RC receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response, int32_t timeout)
{
    const struct line *line = (const struct line *)(const void *)context;
    uint8_t answer[ANSWER_MAX];
    size_t got = 0, whole = HEADER;
    (void)timeout;
    if (!response) { /* how much room would do */
        *size = ANSWER_MAX;
        return TSS2_RC_SUCCESS;
    }
    while (got < whole) {
        struct pollfd ready = {line->fd, POLLIN, 0};
        if (poll(&ready, 1, ANSWER_MS) != 1)
            return TSS2_TCTI_RC_IO_ERROR;
        ssize_t n = read(line->fd, answer + got, sizeof answer - got);
        if (n <= 0)
            return TSS2_TCTI_RC_IO_ERROR;
        got += (size_t)n;
        struct bytes in = bytes_over(answer, got);
        (void)bytes_u16(&in);
        uint32_t said = bytes_u32(&in);
        if (!in.error)
            whole = said;
        if (whole < HEADER || whole > sizeof answer)
            return TSS2_TCTI_RC_MALFORMED_RESPONSE;
    }
    if (got != whole || whole > *size)
        return TSS2_TCTI_RC_MALFORMED_RESPONSE;
    memcpy(response, answer, whole);
    *size = whole;
    return TSS2_RC_SUCCESS;
}

static void finalize(TSS2_TCTI_CONTEXT *context)
{
    (void)context; /* the descriptor is not ours */
}

static TSS2_RC cancel(TSS2_TCTI_CONTEXT *context)
{
    (void)context;
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC poll_handles(TSS2_TCTI_CONTEXT *context, TSS2_TCTI_POLL_HANDLE *handles,
                            size_t *count)
{
    (void)context, (void)handles, (void)count;
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC locality(TSS2_TCTI_CONTEXT *context, uint8_t number)
{
    (void)context, (void)number;
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

/* ---- one conversation ---- */

struct talk {
    struct line line;
    ESYS_CONTEXT *esys;
    ESYS_TR parent, session, object;
    uint8_t name[TPM_NAME];
    TSS2_RC rc; /* the first that was not well */
};

static bool well(struct talk *t, TSS2_RC rc)
{
    if (t->rc == TSS2_RC_SUCCESS)
        t->rc = rc;
    return t->rc == TSS2_RC_SUCCESS;
}

/* Neither this key nor what is sealed has a password that could be guessed, so that both are out of
 * the protection against guessing: it would count each power cut, and lock in the end. */
static const TPM2B_PUBLIC parent_template = {
    .publicArea =
        {
            .type = TPM2_ALG_ECC,
            .nameAlg = TPM2_ALG_SHA256,
            .objectAttributes = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED |
                                TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
                                TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                TPMA_OBJECT_NODA,
            .parameters.eccDetail =
                {
                    .symmetric = {.algorithm = TPM2_ALG_AES,
                                  .keyBits.aes = 128,
                                  .mode.aes = TPM2_ALG_CFB},
                    .scheme.scheme = TPM2_ALG_NULL,
                    .curveID = TPM2_ECC_NIST_P256,
                    .kdf.scheme = TPM2_ALG_NULL,
                },
        },
};

static void make_parent(struct talk *t)
{
    static const TPM2B_SENSITIVE_CREATE nothing;
    static const TPM2B_DATA no_data;
    static const TPML_PCR_SELECTION no_pcrs;
    TPM2B_NAME *name = NULL;
    if (t->rc == TSS2_RC_SUCCESS)
        (void)well(t, Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                         ESYS_TR_NONE, &nothing, &parent_template, &no_data,
                                         &no_pcrs, &t->parent, NULL, NULL, NULL, NULL));
    if (t->rc == TSS2_RC_SUCCESS && well(t, Esys_TR_GetName(t->esys, t->parent, &name)) &&
        name->size != TPM_NAME)
        t->rc = TSS2_BASE_RC_GENERAL_FAILURE;
    if (t->rc == TSS2_RC_SUCCESS)
        memcpy(t->name, name->name, TPM_NAME);
    Esys_Free(name);
}

static void start_session(struct talk *t, TPM2_SE kind)
{
    static const TPMT_SYM_DEF aes = {
        .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
    if (t->rc == TSS2_RC_SUCCESS)
        (void)well(t, Esys_StartAuthSession(t->esys, t->parent, ESYS_TR_NONE, ESYS_TR_NONE,
                                            ESYS_TR_NONE, ESYS_TR_NONE, NULL, kind, &aes,
                                            TPM2_ALG_SHA256, &t->session));
    if (t->rc == TSS2_RC_SUCCESS && kind != TPM2_SE_TRIAL)
        (void)well(t,
                   Esys_TRSess_SetAttributes(t->esys, t->session,
                                             kind == TPM2_SE_POLICY ? TPMA_SESSION_CONTINUESESSION |
                                                                          TPMA_SESSION_ENCRYPT
                                                                    : SESSION_SET,
                                             0xff));
}

static void end_session(struct talk *t)
{
    if (t->session != ESYS_TR_NONE)
        (void)Esys_FlushContext(t->esys, t->session);
    t->session = ESYS_TR_NONE;
}

static void policy(struct talk *t, uint32_t pcrs)
{
    TPML_PCR_SELECTION selection = {
        .count = 1,
        .pcrSelections[0] = {
            .hash = TPM2_ALG_SHA256,
            .sizeofSelect = 3,
            .pcrSelect = {(uint8_t)pcrs, (uint8_t)(pcrs >> 8), (uint8_t)(pcrs >> 16)}}};
    if (t->rc == TSS2_RC_SUCCESS)
        (void)well(t, Esys_PolicyPCR(t->esys, t->session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                     NULL, &selection));
}

static void begin(struct talk *t, int fd)
{
    *t = (struct talk){.line = {.common = {.magic = MAGIC,
                                           .version = 1,
                                           .transmit = transmit,
                                           .receive = receive,
                                           .finalize = finalize,
                                           .cancel = cancel,
                                           .getPollHandles = poll_handles,
                                           .setLocality = locality},
                                .fd = fd},
                       .parent = ESYS_TR_NONE,
                       .session = ESYS_TR_NONE,
                       .object = ESYS_TR_NONE};
    t->rc = Esys_Initialize(&t->esys, (TSS2_TCTI_CONTEXT *)(void *)&t->line, NULL);
    make_parent(t);
}

static void end(struct talk *t)
{
    end_session(t);
    if (t->object != ESYS_TR_NONE)
        (void)Esys_FlushContext(t->esys, t->object);
    if (t->parent != ESYS_TR_NONE)
        (void)Esys_FlushContext(t->esys, t->parent);
    if (t->esys)
        Esys_Finalize(&t->esys);
}

static int no_answer(const struct talk *t, char why[static TPM_WHY])
{
    snprintf(why, TPM_WHY, "The TPM does not do what it is asked (code 0x%x).", t->rc);
    return ERR_SYSTEM;
}

/* ---- sealing ---- */

static void create(struct talk *t, const TPM2B_DIGEST *digest, const struct secret *secret,
                   struct tpm_sealed *sealed)
{
    static const TPM2B_DATA no_data;
    static const TPML_PCR_SELECTION no_pcrs;
    TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = SECRET};
    TPM2B_PUBLIC template = {
        .publicArea = {.type = TPM2_ALG_KEYEDHASH,
                       .nameAlg = TPM2_ALG_SHA256,
                       .objectAttributes =
                           TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA,
                       .authPolicy = *digest,
                       .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL}};
    TPM2B_PRIVATE *private_part = NULL;
    TPM2B_PUBLIC *public_part = NULL;
    size_t n = 0, m = 0;
    memcpy(sensitive.sensitive.data.buffer, secret_open(secret), SECRET);
    secret_close(secret);
    if (well(t, Esys_Create(t->esys, t->parent, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
                            &template, &no_data, &no_pcrs, &private_part, &public_part, NULL, NULL,
                            NULL)) &&
        well(t, Tss2_MU_TPM2B_PUBLIC_Marshal(public_part, sealed->public_blob, TPM_BLOB_MAX, &n)) &&
        well(t,
             Tss2_MU_TPM2B_PRIVATE_Marshal(private_part, sealed->private_blob, TPM_BLOB_MAX, &m))) {
        sealed->public_length = (uint16_t)n;
        sealed->private_length = (uint16_t)m;
    }
    sodium_memzero(&sensitive, sizeof sensitive);
    Esys_Free(private_part);
    Esys_Free(public_part);
}

int tpm_seal(int fd, uint32_t pcrs, const struct secret *secret, struct tpm_sealed *ret_sealed,
             char why[static TPM_WHY])
{
    struct tpm_sealed sealed = {.pcrs = pcrs};
    TPM2B_DIGEST *digest = NULL;
    struct talk t;
    int r = 0;
    begin(&t, fd);
    start_session(&t, TPM2_SE_TRIAL);
    policy(&t, pcrs);
    if (t.rc == TSS2_RC_SUCCESS)
        (void)well(&t, Esys_PolicyGetDigest(t.esys, t.session, ESYS_TR_NONE, ESYS_TR_NONE,
                                            ESYS_TR_NONE, &digest));
    end_session(&t);
    start_session(&t, TPM2_SE_HMAC);
    if (t.rc == TSS2_RC_SUCCESS)
        create(&t, digest, secret, &sealed);
    if (t.rc != TSS2_RC_SUCCESS) {
        r = no_answer(&t, why);
    } else {
        memcpy(sealed.name, t.name, TPM_NAME);
        *ret_sealed = sealed;
    }
    Esys_Free(digest);
    end(&t);
    return r;
}

/* ---- unsealing ---- */

static void load(struct talk *t, const struct tpm_sealed *sealed)
{
    TPM2B_PUBLIC public_part = {0};
    TPM2B_PRIVATE private_part = {0};
    size_t n = 0, m = 0;
    if (t->rc == TSS2_RC_SUCCESS &&
        well(t, Tss2_MU_TPM2B_PUBLIC_Unmarshal(sealed->public_blob, sealed->public_length, &n,
                                               &public_part)) &&
        well(t, Tss2_MU_TPM2B_PRIVATE_Unmarshal(sealed->private_blob, sealed->private_length, &m,
                                                &private_part)))
        (void)well(t, Esys_Load(t->esys, t->parent, t->session, ESYS_TR_NONE, ESYS_TR_NONE,
                                &private_part, &public_part, &t->object));
}

static int unseal(struct talk *t, struct secret **ret_secret)
{
    TPM2B_SENSITIVE_DATA *data = NULL;
    int r = 0;
    if (t->rc == TSS2_RC_SUCCESS &&
        well(t, Esys_Unseal(t->esys, t->object, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &data)))
        r = data->size == SECRET ? secret_copy(data->buffer, SECRET, ret_secret) : ERR_FORMAT;
    if (data)
        sodium_memzero(data, sizeof *data);
    Esys_Free(data);
    return r;
}

int tpm_unseal(int fd, const struct tpm_sealed *sealed, struct secret **ret_secret,
               char why[static TPM_WHY])
{
    char pcrs[TPM_PCRS_TEXT];
    struct talk t;
    int r = 0;
    begin(&t, fd);
    if (t.rc == TSS2_RC_SUCCESS && memcmp(t.name, sealed->name, TPM_NAME) != 0) {
        snprintf(why, TPM_WHY, "This is another TPM than the one that the key ring knows.");
        end(&t);
        return ERR_KEY;
    }
    start_session(&t, TPM2_SE_HMAC);
    load(&t, sealed);
    end_session(&t);
    start_session(&t, TPM2_SE_POLICY);
    policy(&t, sealed->pcrs);
    TSS2_RC before = t.rc;
    r = unseal(&t, ret_secret);
    tpm_pcrs_print(sealed->pcrs, pcrs);
    if (r) {
        snprintf(why, TPM_WHY, "The TPM gave something of another form.");
    } else if (before == TSS2_RC_SUCCESS && t.rc != TSS2_RC_SUCCESS) {
        snprintf(why, TPM_WHY,
                 "The TPM does not give its secret: what this machine has measured (PCRs %s) is "
                 "not what it was.",
                 pcrs);
        r = ERR_STATE;
    } else if (t.rc != TSS2_RC_SUCCESS) {
        r = no_answer(&t, why);
    }
    end(&t);
    return r;
}

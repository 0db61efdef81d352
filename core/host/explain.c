/* See explain.h. */
#include "core/host/explain.h"

#include "core/base/limits.h"
#include "core/host/reply.h"
#include "core/host/request.h"
#include "core/host/transfer.h"

/* A plain success needs no words. */
void explain_answer(const struct transfer *transfer, const struct request *request, int32_t verdict,
                    struct reply *reply)
{
    struct affn_reply *face = &reply->face;
    bool agreed = verdict == transfer->note.verdict;
    if (face->code == 0)
        face->code = transfer->face.code;
    if (verdict == AFFN_DELIVERED)
        return;
    char sentence[TEXT_BYTES_MAX];
    transfer_sentence(transfer, &request->secrets, sentence, sizeof sentence);
    reply_default(reply, sentence, agreed ? transfer->note.remedy : "");
    if (face->retry_after_ms == 0)
        face->retry_after_ms = transfer_retry_after_ms(transfer);
}

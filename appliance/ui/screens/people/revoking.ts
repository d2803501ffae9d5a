import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { isAsked, saying } from "../../parts/record";
import { words } from "./words";

type Record_ = Answers["record"];

/** Asked for by somebody else, and not about this officer; the box decides it again. */
export function mayApproveRevocation(session: Session, record: Record_): boolean {
  return isAsked(record) && record.revoked_by !== session.name && record.holder !== session.person;
}

/** The second officer's signature on what one asked for. */
export function approveRevocation(session: Session, record: Record_) {
  const what = words.approveRevocationWhat(
    record.holder_name,
    saying(record.attribute, record.value),
    record.revoked_why,
  );
  return session.sendSigned("approve_revocation", { record: record.record }, words.approveRevocationMeaning, what);
}

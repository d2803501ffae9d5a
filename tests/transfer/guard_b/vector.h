#ifndef TESTS_TRANSFER_GUARD_B_VECTOR_H
#define TESTS_TRANSFER_GUARD_B_VECTOR_H

/* The vectors of docs/FORMAT.md, section 18, byte for byte. */

static const char vector_root[] =
    "{\"checkpoint\":\"f80cccdce4ae1c07ae208a2adf99a310ae4207e0306fa0236110b06827bbb8d0\",\"fa"
    "ctors\":[\"badge+pin\"],\"keys\":{\"guard-a\":\"RWTe0ujedZvKmrx8vLVjY3X6HYJDTUZnJNkjd/U7mAaV"
    "3UnSbQzhIgWl\",\"guard-b\":\"RWQAtLKczCxSk0chtbYyJy5lpo3aesJbQYX4sBkW2xhcFCh9uS4rdw+u\",\""
    "orders\":\"RWR4Ca5/OBiLM27gkf0oCptoVU+nPFiBJdR9NCXGiia6I2tNrZD5Co+S\",\"orders-outer\":\"R"
    "WQcUbup+3/5HCX8MsR4paT4TkVXoDQuCCeMiDZBthSb2wtKmGq2wst4\",\"outer\":\"RWQTEWMd5q++M6zcyE"
    "lNRY9Ep6qsHWqE7GJNruiENtsq4m5numRaEGIo\"},\"kind\":\"training\",\"site\":\"training-1\",\"snap"
    "shot\":\"2012cb90ca60e8e5d8daf66e2272d2233e0486d557e8c66141ed8920177d7eb7\",\"statement\""
    ":\"c050c5637a44fa8629fff3cccce2300cb362a63d99d95fc54145266f4332445a\",\"v\":\"mes-xfer-ro"
    "ot/1\",\"version\":1}\n";

static const char vector_manifest[] =
    "{\"approvals\":{\"got\":2,\"need\":2},\"chan\":\"perf-e7k2m9qa\",\"dir\":\"h2l\",\"epoch\":1,"
    "\"member"
    "s\":[[\"b2sums\",295,\"254053793edf0ba7e045191e8d33563554dc5987ce208bf4cc66d81c3cee96c9f"
    "31707c9c733315c1afad01359f5e0b514f0e747d9ab51422159e05378ec09bf\"],[\"policy.json\",93,"
    "\"174311f194313a11723977c07b26b0a78a17c333e7c17add1190827db98a79df852d02ac4e91e623cf1"
    "468e7ef1c005dfebcd32678fcf41cfce0c3638c7c7e74\"],[\"rec-summary-001.ndjson\",221,\"fa809"
    "42f31ae8e470356888db1605183a9ae3bce6b3c905c62f9c2e902f4cc86cb4a0103bd21f8649ac6a7511"
    "3e85ae89a9f7a1501d2e160aac6001b083c94b4\"]],\"n\":{\"order\":3,\"yield\":1},\"policy\":{\"dige"
    "st\":\"7070707070707070707070707070707070707070707070707070707070707070\",\"id\":\"release"
    "\"},\"prev\":\"0202020202020202020202020202020202020202020202020202020202020202\",\"prof\":"
    "\"open\",\"recent\":[[1,\"010101010101010101010101010101010101010101010101010101010101010"
    "1\"],[2,\"0202020202020202020202020202020202020202020202020202020202020202\"]],\"root\":{"
    "\"digest\":\"ec99cefe3cb762eb0bfec689eae1a7d08b72dcb0d41018d1ffa722e7aac68b1b\",\"version"
    "\":1},\"schema\":{\"digest\":\"7f3f8e9168778f1df8b899e3a1cc4433f1227449b5240bba4faadfc9a73"
    "d8f4b\",\"id\":\"weekly-summary\",\"version\":1},\"seq\":3,\"site\":\"training-1\",\"slot\":"
    "\"2026-W"
    "47\",\"v\":\"mes-xfer/1\"}\n";

static const char vector_b2sums[] =
    "174311f194313a11723977c07b26b0a78a17c333e7c17add1190827db98a79df852d02ac4e91e623cf14"
    "68e7ef1c005dfebcd32678fcf41cfce0c3638c7c7e74  policy.json\n"
    "fa80942f31ae8e470356888db1605183a9ae3bce6b3c905c62f9c2e902f4cc86cb4a0103bd21f8649ac6"
    "a75113e85ae89a9f7a1501d2e160aac6001b083c94b4  rec-summary-001.ndjson\n";

static const char vector_policy[] =
    "{\"digest\":\"7070707070707070707070707070707070707070707070707070707070707070\",\"id\":\"r"
    "elease\"}\n";

static const char vector_records[] =
    "{\"good\":\"S\",\"key\":\"ORD-A1B2\",\"state\":\"Waiting\",\"t\":\"order\"}\n"
    "{\"good\":\"20\",\"key\":\"ORD-K7Q2\",\"state\":\"Running\",\"t\":\"order\"}\n"
    "{\"good\":\"145\",\"key\":\"ORD-Z9\",\"state\":\"Completed\",\"t\":\"order\"}\n"
    "{\"fpy\":\"95-98\",\"t\":\"yield\",\"weeks\":4}\n";

static const char vector_signature_a[] =
    "untrusted comment: mes-xfer/1\n"
    "RUTe0ujedZvKmlBf1NpeFJXYlBFFVMvqFbhHJIcOB6JBEk+vohRNQVyJZd5psuA9GkSb64AX8aTpmBY8C2n1"
    "nPh0Uwzv7tIxTAE=\n"
    "trusted comment: mes-xfer/1 kind=release guard=a dir=h2l chan=perf-e7k2m9qa epoch=00"
    "01 seq=0000000003 prev=0202020202020202\n"
    "swjRt23G5o7czCpehLjFuFIzIbibJQVKRnJbDki8J0leoDTnDVXmxYk5wHEReDfVOCIxpt9k81SBeaYIcJ8h"
    "BA==\n";

static const char vector_signature_b[] =
    "untrusted comment: mes-xfer/1\n"
    "RUQAtLKczCxSkznGoDyM+R3A0Zw3VwMkbHzXtzK6OgAVAAOp0h7shBdD7V299/cQ2AWFyrRgrAGVEPQ5PQRv"
    "FCXer/jNq+Id5Ac=\n"
    "trusted comment: mes-xfer/1 kind=release guard=b dir=h2l chan=perf-e7k2m9qa epoch=00"
    "01 seq=0000000003 prev=0202020202020202\n"
    "y+XPAnKBgIXfwx/bIevCNsn3ywOeEgiKqIsRQBikTJ3YuldcGsglLsqZSittstM97eG9jMxigq0xlIL1qYaI"
    "CQ==\n";

static const char vector_outer[] =
    "untrusted comment: mes-xfer/1\n"
    "RUQTEWMd5q++M5dYjSp9GtYVt0HhXlQ1C+1h1ok7uKJpjLuXyTWC8fDciDJbmAqi3b14j49VcUHG5pzI6oQF"
    "07bO2NDXIRiIvAw=\n"
    "trusted comment: mes-xfer/1 kind=outer dir=h2l chan=perf-e7k2m9qa epoch=0001 seq=000"
    "0000003 size=8192\n"
    "fI2n8vQoUONsA0hoTR8c5bu7K23B6lKLQFKjDxkUv/GhwMGCyUXsg1wb3JW+o7GBEQ8vt4IKIHIRsLt+ro+t"
    "CQ==\n";

static const char vector_body[] =
    "{\"id\":\"01000000-0000-4000-8000-000000000000\",\"manifest\":\"c8f2365f15d5ea38a7280da3557"
    "2c76fcedf12913514d3e45a1e16f28df6877357f4980463d705c98fd2f047cfa1ae2bbfec40ddf2eed85"
    "09e1f06de5e1f325c\",\"release\":\"11111111-2222-4333-8444-555555555555\"}";

static const char vector_statement[] =
    "0265376b326d3971610101010101010101010101010101010101010101010101010101010101010101fefe"
    "fefefefefefefefefefefefefefe3333333333333333333333333333333301000001a1ee5573a0002136d1"
    "076e30d6f36b7a10b34ff4d028655922b97ceafab48565d2874df0430b310000000a522e204578616d706c"
    "65000000444920686176652072656164206576657279207265636f7264206f6620746869732072656c6561"
    "736520616e6420617070726f76652074686174206974206c65617665732e01c8824d5fb35ef94b125db217"
    "cc0059dfc3c4f222dddbba77f0b6f0725198e135b6be1108e966b0938ae3a4089ead657e4cc4485fe8176e"
    "59581d9d377a8c2609";

static const char vector_tar_digest[] =
    "17052932a56c211a0bd266fda00764156fdd9699f1a612be1483075f1d9af8aa";

static const char vector_root_digest[] =
    "ec99cefe3cb762eb0bfec689eae1a7d08b72dcb0d41018d1ffa722e7aac68b1b";

static const char vector_manifest_file[] =
    "c8f2365f15d5ea38a7280da35572c76fcedf12913514d3e45a1e16f28df6877357f4980463d705c98fd2"
    "f047cfa1ae2bbfec40ddf2eed8509e1f06de5e1f325c";

#endif

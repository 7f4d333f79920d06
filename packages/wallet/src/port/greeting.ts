/** Sent by a web view's page when it can be spoken to; the app answers with the name of the session. */
export const pageReady = "satsconnect:ready";

/** The answer: from then on both speak the port's messages. */
export const pageBegin = "satsconnect:session:";

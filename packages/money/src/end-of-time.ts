/**
 * The last millisecond that dates are written for, at the end of the year 9999. An invoice may state an end beyond it,
 * even one that no `Date` can express; it then counts as having no end.
 */
export const endOfTime = Date.UTC(9_999, 11, 31, 23, 59, 59, 999);

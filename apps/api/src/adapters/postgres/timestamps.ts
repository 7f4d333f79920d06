/** UTC milliseconds as a parameter for a `timestamptz`. */
export function toDateOrNull(milliseconds: number | null | undefined): Date | null {
  return milliseconds === null || milliseconds === undefined ? null : new Date(milliseconds);
}

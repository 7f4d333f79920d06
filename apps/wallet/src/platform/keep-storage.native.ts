/** An installed app's storage is kept until it is uninstalled. */
export function keepStorage(): Promise<boolean> {
  return Promise.resolve(true);
}

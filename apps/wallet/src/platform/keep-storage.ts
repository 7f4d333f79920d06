/**
 * Asks the browser to keep this site's storage when the disk is full and while the site is not used; without it, browsers
 * may delete all of it. False if it refuses or cannot.
 */
export async function keepStorage(): Promise<boolean> {
  // absent where the page is not served over https
  const storage: Partial<StorageManager> | undefined = navigator.storage;
  try {
    if ((await storage?.persisted?.()) === true) return true;
    return (await storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

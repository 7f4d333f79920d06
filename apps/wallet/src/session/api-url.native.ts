import Constants from "expo-constants";

/** The API of the operator that this build was made for. Throws where the build names none. */
export function apiUrl(): string {
  const configured: unknown = Constants.expoConfig?.extra?.["apiUrl"];
  if (typeof configured !== "string")
    throw new Error("This build has no SATSCONNECT_API_URL. Choose an operator in the settings.");
  return configured;
}

/** Esplora servers of others than the operator that this build names. */
export function esploraUrls(): readonly string[] {
  const configured: unknown = Constants.expoConfig?.extra?.["esploraUrls"];
  return Array.isArray(configured)
    ? configured.filter((url): url is string => typeof url === "string")
    : [];
}

/** `key@url` of a watchtower that is not the operator's, if this build names one. */
export function watchtower(): string | undefined {
  const configured: unknown = Constants.expoConfig?.extra?.["watchtower"];
  return typeof configured === "string" ? configured : undefined;
}

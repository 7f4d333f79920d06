import Constants from "expo-constants";

/** The API of the operator that this build was made for. Throws where the build names none. */
export function apiUrl(): string {
  const configured: unknown = Constants.expoConfig?.extra?.["apiUrl"];
  if (typeof configured !== "string")
    throw new Error("This build has no SATSCONNECT_API_URL. Choose an operator in the settings.");
  return configured;
}

import Constants from "expo-constants";

/** The API of the operator whom this app was built for. */
export function apiUrl(): string {
  const named: unknown = Constants.expoConfig?.extra?.["apiUrl"];
  if (typeof named !== "string")
    throw new Error("This build names no server; choose one in the settings.");
  return named;
}

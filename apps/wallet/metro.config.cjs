const { getDefaultConfig } = require("expo/metro-config");

const config = getDefaultConfig(__dirname);
// the page in which the node runs on phones is bundled with the app as a file
config.resolver.assetExts.push("html");

module.exports = config;

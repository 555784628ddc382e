'use strict';

// What a component for Node does at the least: axios over the connections that the sailor keeps alive, no checks.
const axios = require('axios');

exports.process = async function sendRequest(msg, cfg) {
    const { data } = await axios.post(
        `${cfg.baseUrl}/chat/completions`,
        { model: cfg.model, ...msg.body },
        { headers: { Authorization: `Bearer ${cfg.apiKey}` }, timeout: 60000 }
    );
    return { body: data, headers: {} };
};

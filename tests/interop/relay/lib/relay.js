'use strict';

// Adds its step's mark to the body; fails or puts off the message if that is what it asks for.
exports.process = async function relay(msg) {
    if (msg.body.fail) {
        throw new Error(msg.body.fail);
    }
    const step = process.env.ELASTICIO_STEP_ID;
    const seen = Object.keys(msg.passthrough || {}).sort();
    return {
        body: { ...msg.body, marks: [...(msg.body.marks || []), { step, seen }] },
        headers: {}
    };
};

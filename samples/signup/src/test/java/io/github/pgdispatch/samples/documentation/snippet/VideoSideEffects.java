package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

@Component
@Profile("video")
class VideoSideEffects {

	@AfterCommitDispatch(name = "video.encode", concurrency = 1)
	void encode(long videoId) {
		// Runs on the nodes with the profile "video", one at a time on each.
	}

}

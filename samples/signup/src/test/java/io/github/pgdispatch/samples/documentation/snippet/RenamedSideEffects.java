package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.samples.documentation.snippet.Services.Mailer;

import org.springframework.stereotype.Component;

@Component
class RenamedSideEffects {

	private final Mailer mailer = new Mailer();

	@AfterCommitDispatch(name = "signUpSideEffects.welcome")
	void sendWelcomeMessage(long profileId) {
		this.mailer.welcome(profileId);
	}

}

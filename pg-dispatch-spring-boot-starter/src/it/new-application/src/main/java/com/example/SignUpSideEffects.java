package com.example;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;

@Component
class SignUpSideEffects {

	@AfterCommitDispatch("INSERT INTO welcome SELECT name FROM profile WHERE id = :profileId")
	void welcome(long profileId) {
	}

}

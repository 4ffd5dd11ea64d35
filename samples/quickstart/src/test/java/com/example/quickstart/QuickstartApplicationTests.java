package com.example.quickstart;

import java.time.Duration;

import io.github.pgdispatch.testing.AutoConfigurePgDispatch;
import io.github.pgdispatch.testing.DispatchedJobs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest
@Import(EmbeddedPostgresConfiguration.class)
@AutoConfigurePgDispatch
@ExtendWith(OutputCaptureExtension.class)
class QuickstartApplicationTests {

	@Autowired
	private QuickstartApplication.SignUpController controller;

	@Autowired
	private DispatchedJobs jobs;

	@Test
	void aNewcomerIsWelcomedAndReminded(CapturedOutput output) {
		this.controller.signUp("Ada");
		assertThat(this.jobs).hasSize(2);

		this.jobs.run();
		assertThat(output).contains("Welcome, Ada!").doesNotContain("have a look around");

		this.jobs.advanceTime(Duration.ofSeconds(5)).run();
		assertThat(output).contains("Ada, have a look around");
	}

}

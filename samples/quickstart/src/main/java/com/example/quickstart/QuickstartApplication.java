package com.example.quickstart;

import io.github.pgdispatch.AfterCommitDispatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
public class QuickstartApplication {

	public static void main(String[] args) {
		SpringApplication.run(QuickstartApplication.class, args);
	}

	@RestController
	static class SignUpController {

		private final SideEffects sideEffects;

		SignUpController(SideEffects sideEffects) {
			this.sideEffects = sideEffects;
		}

		@PostMapping("/sign-ups/{name}")
		@Transactional
		String signUp(@PathVariable String name) {
			// What you write into your tables here commits together with the two jobs.
			this.sideEffects.welcome(name);
			this.sideEffects.remind(name);
			return "Signed up " + name + "\n";
		}

	}

	@Component
	static class SideEffects {

		private static final Logger logger = LoggerFactory.getLogger(SideEffects.class);

		@AfterCommitDispatch
		void welcome(String name) {
			logger.info("Welcome, {}!", name);
		}

		@AfterCommitDispatch(delay = "5s")
		void remind(String name) {
			logger.info("{}, have a look around", name);
		}

	}

}

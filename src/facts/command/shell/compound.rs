//! Groups, branches, loops and functions.

use super::Command;
use super::parser::Parser;
use super::tokens::Token;

impl Parser<'_> {
    pub(super) fn compound(&mut self) -> Command {
        if self.operator() == Some("(") {
            if matches!(self.tokens.get(self.at + 1), Some(Token::Operator("("))) {
                return self.arithmetic();
            }
            self.at += 1;
            let inner = self.list();
            return if self.takes_operator(")") { Command::Subshell(Box::new(inner)) } else { Command::Unknown };
        }
        let Some(keyword) = self.keyword().map(str::to_owned) else { return self.simple() };
        match keyword.as_str() {
            "{" => {
                self.at += 1;
                let inner = self.list();
                if self.takes("}") { inner } else { Command::Unknown }
            }
            "if" => self.branches(),
            "while" | "until" => {
                self.at += 1;
                let condition = Box::new(self.list());
                if !self.takes("do") {
                    return Command::Unknown;
                }
                let body = Box::new(self.list());
                if self.takes("done") {
                    Command::Loop { until: keyword == "until", condition, body }
                } else {
                    Command::Unknown
                }
            }
            "for" | "select" => self.for_loop(),
            "case" => self.case(),
            "function" => {
                self.at += 1;
                let name = self.keyword().unwrap_or_default().to_owned();
                self.at += 1;
                if self.takes_operator("(") {
                    self.takes_operator(")");
                }
                self.skip_breaks();
                Command::Function(name, Box::new(self.command()))
            }
            _ if matches!(self.tokens.get(self.at + 1), Some(Token::Operator("(")))
                && matches!(self.tokens.get(self.at + 2), Some(Token::Operator(")"))) =>
            {
                self.at += 3;
                self.skip_breaks();
                Command::Function(keyword, Box::new(self.command()))
            }
            _ => self.simple(),
        }
    }

    /// `(( … ))`: what it says is not read.
    fn arithmetic(&mut self) -> Command {
        self.skip_parentheses();
        Command::Unknown
    }

    /// Leaves the place behind balanced parentheses; tells whether anything but `;` was in them.
    pub(super) fn skip_parentheses(&mut self) -> bool {
        let mut depth = 0;
        let mut says = false;
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Operator("(") => depth += 1,
                Token::Operator(")") => depth -= 1,
                Token::Operator(";" | ";;") => {}
                _ => says = true,
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        says
    }

    fn branches(&mut self) -> Command {
        let (mut conditions, mut branches) = (Vec::new(), Vec::new());
        while self.takes("if") || self.takes("elif") {
            conditions.push(self.list());
            if !self.takes("then") {
                return Command::Unknown;
            }
            branches.push(self.list());
            if conditions.len() > self.tokens.len() {
                return Command::Unknown;
            }
        }
        branches.push(if self.takes("else") { self.list() } else { Command::Sequence(Vec::new()) });
        if self.takes("fi") { Command::Branches { conditions, branches } } else { Command::Unknown }
    }

    fn for_loop(&mut self) -> Command {
        self.at += 1;
        let mut endless = false;
        if self.operator() == Some("(") {
            endless = !self.skip_parentheses();
        } else {
            while self.at < self.tokens.len() && self.operator().is_none() && self.keyword() != Some("do") {
                self.at += 1;
            }
        }
        self.skip_breaks();
        if !self.takes("do") {
            return Command::Unknown;
        }
        let body = Box::new(self.list());
        if self.takes("done") { Command::For { endless, body } } else { Command::Unknown }
    }

    fn case(&mut self) -> Command {
        while self.at < self.tokens.len() && self.keyword() != Some("in") {
            self.at += 1;
        }
        self.at += 1;
        let mut branches = Vec::new();
        loop {
            self.skip_breaks();
            if self.takes("esac") {
                break;
            }
            // the patterns
            while self.at < self.tokens.len() && !self.takes_operator(")") {
                self.at += 1;
            }
            if self.at >= self.tokens.len() {
                return Command::Unknown;
            }
            branches.push(self.list());
            if !self.takes_operator(";;") && self.keyword() != Some("esac") {
                return Command::Unknown;
            }
        }
        branches.push(Command::Sequence(Vec::new()));
        Command::Branches { conditions: Vec::new(), branches }
    }
}
